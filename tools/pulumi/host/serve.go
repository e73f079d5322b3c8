// Package host holds what the two language hosts share: serving the engine, running a program, writing an SDK.
//
// A language host is the small process between Pulumi's engine and a program. Pulumi's own hosts have no version in the Go
// module proxy that speaks to this engine (docs/deploy.md), so these two start the same executors with the same arguments.
package host

import (
	"context"
	"flag"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// How long the engine may be out of reach before the host ends itself: it must not outlive its engine.
const engineCheckInterval = 5 * time.Second

// Serve answers the engine on a free port of 127.0.0.1, prints the port, and returns when the engine is gone.
// newRuntime gets the engine's address.
func Serve(newRuntime func(engineAddress string) (pulumirpc.LanguageRuntimeServer, error)) {
	flag.Parse()
	engineAddress := flag.Arg(0)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped := make(chan bool)
	go func() {
		<-ctx.Done()
		close(stopped)
	}()
	if engineAddress != "" {
		if err := rpcutil.Healthcheck(ctx, engineAddress, engineCheckInterval, cancel); err != nil {
			cmdutil.Exit(fmt.Errorf("cannot watch the engine at %s: %w", engineAddress, err))
		}
	}
	runtime, err := newRuntime(engineAddress)
	if err != nil {
		cmdutil.Exit(err)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopped,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, runtime)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		cmdutil.Exit(fmt.Errorf("cannot serve the engine: %w", err))
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		cmdutil.Exit(fmt.Errorf("stopped serving the engine: %w", err))
	}
}
