package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"mab/gateway/config"
	"mab/gateway/static"
	"mab/gateway/telemetry"
)

// version is set by the linker: -X main.version=...
var version = "dev"

func main() {
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: mab-gateway [-version]\nConfiguration comes from the environment.")
	}
	flag.Parse()
	if *showVersion {
		fmt.Println(version)
		return
	}
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

// start runs the gateway until SIGTERM or SIGINT. A second signal ends it at once.
func start() error {
	options, err := config.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	slog.SetDefault(telemetry.NewLogger(os.Stdout, options.LogLevel, options.Production))

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)

	server, err := newServer(options, static.Dist(), time.Now, slog.Default())
	if err != nil {
		return err
	}
	return server.run(ctx)
}
