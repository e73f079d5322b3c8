package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// The executors of Pulumi's SDKs end with this code when they have told the user what is wrong.
const toldTheUser = 32

// Flags gives the flags of an executor for a run, as name and value; those without a value are left out.
func Flags(pairs ...[2]string) []string {
	var flags []string
	for _, pair := range pairs {
		if pair[1] != "" {
			flags = append(flags, "--"+pair[0], pair[1])
		}
	}
	return flags
}

// Settings gives the stack's configuration as environment variables, which the SDKs read.
func Settings(request *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(nonNilMap(request.GetConfig()))
	if err != nil {
		return nil, fmt.Errorf("cannot write the configuration: %w", err)
	}
	secretKeys, err := json.Marshal(append([]string{}, request.GetConfigSecretKeys()...))
	if err != nil {
		return nil, fmt.Errorf("cannot write the keys of secrets: %w", err)
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeys)}, nil
}

func nonNilMap(values map[string]string) map[string]string {
	if values == nil {
		return map[string]string{}
	}
	return values
}

// RunProgram runs a program to its end and says how it ended. Its output goes to this process's, which the engine reads.
func RunProgram(command *exec.Cmd) *pulumirpc.RunResponse {
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	err := command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case errors.As(err, &exit) && exit.ExitCode() == toldTheUser:
		return &pulumirpc.RunResponse{Bail: true}
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with code %d", exit.ExitCode())}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("cannot start the program: %v", err)}
	}
}

// RunPlugin runs a plugin to its end and sends its output and its exit code to the engine.
func RunPlugin(command *exec.Cmd, request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer) error {
	streams, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	command.Dir = request.GetPwd()
	command.Env = append(command.Environ(), request.GetEnv()...)
	command.Stdout, command.Stderr = stdout, stderr
	err = command.Run()
	if closeErr := streams.Close(); closeErr != nil {
		return closeErr
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return server.Send(&pulumirpc.RunPluginResponse{
			Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())},
		})
	}
	return err
}
