// Package daemon is what the long-running programs have in common:
//
//	program.go   the command line: serve, healthcheck, version, configuration
//	frame.go     the life of a program: what is around its service, in order
//	settings.go  settings that several programs have
//	logs.go      loggers of parts, whose levels can be changed at run time
//	daemon.go    servers that start and stop in order
//	pace.go      least rates of bodies and of readers
//	body.go      requests that have not arrived, and what a stop does to them
//	head.go      heads of requests that two programs could read differently
//	listen.go    errors of listeners, by the setting with the address
//	tls.go       the certificate of the listeners, read again when it changes
//	health.go    the listener of metrics and health
//	admin.go     the listener of administrators
//	routes.go    the index of that listener
//	reload.go    reading the configuration of a running program again
//	supervisor.go reports to systemd: ready, reloading, stopping, alive
//
// A program starts its health listener first, so that it can be asked while it
// opens the rest, and tells it when it has started. At the end it is not ready
// first, so that nobody sends it more work; then its listeners close, requests that
// have not arrived are cut, the calls under way go on for the drain time, and what
// is behind them closes last.
package daemon
