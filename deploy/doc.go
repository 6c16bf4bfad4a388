// Package deploy holds what an operator installs beside the programs: systemd
// units, example configurations, a compose file, rules for Prometheus and a
// dashboard for Grafana. There is no code in it, only tests that hold these
// files to what the programs really export.
//
// The tests of rules need promtool, which "make needs" installs. They start the
// programs, scrape them, and give what they scraped to promtool as the series
// of a rule test, so that minutes and hours pass in no time.
package deploy
