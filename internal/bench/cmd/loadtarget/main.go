// Command loadtarget serves one side of the comparison of package bench on a
// loopback port, until it is told to stop, and prints its address. Asked for
// "lua" it prints the script that makes wrk send the call. scripts/load.sh
// starts it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"

	"wsexchange/internal/bench"
	"wsexchange/internal/daemon"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "loadtarget:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: loadtarget plain|gateway|gateway-auth [CPU-PROFILE] | loadtarget lua")

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 || len(args) > 2 {
		return errUsage
	}
	if args[0] == "lua" {
		return bench.WriteLua(stdout)
	}
	if len(args) == 2 {
		profile, err := os.Create(args[1])
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(profile); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	switch args[0] {
	case "plain":
		return plain(ctx, stdout)
	case "gateway", "gateway-auth":
		return gateway(ctx, stdout, args[0] == "gateway-auth")
	}
	return errUsage
}

// plain is served by a server of net/http without settings.
func plain(ctx context.Context, stdout io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(bench.Plain)}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	announce(stdout, listener)
	select {
	case <-ctx.Done():
		return server.Close()
	case err := <-stopped:
		return err
	}
}

// gateway is served and logs as by wsexchange serve; the log goes nowhere.
func gateway(ctx context.Context, stdout io.Writer, authenticate bool) error {
	daemon.RelaxCollector()
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	handler, err := bench.Gateway(nowhere, authenticate)
	if err != nil {
		return err
	}
	server, err := daemon.Listen("gateway", "127.0.0.1:0", handler)
	if err != nil {
		return err
	}
	announce(stdout, server.Listener)
	return daemon.Serve(ctx, time.Second, slog.New(slog.DiscardHandler), server)
}

func announce(stdout io.Writer, listener net.Listener) {
	_, _ = fmt.Fprintf(stdout, "http://%s%s\n", listener.Addr(), bench.Path)
}
