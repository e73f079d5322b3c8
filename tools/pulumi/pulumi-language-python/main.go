// Command pulumi-language-python is a language host for Python programs, plugins and policy packs.
//
// It starts Pulumi's own executor (pulumi-language-python-exec of the SDK of the same version, which `make pulumi` puts beside it)
// with the arguments that Pulumi's host gives it. What tests do not need (new projects, conversion) is answered with "unimplemented".
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/emptypb"

	codegen "github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"

	"delivery-lab/tools/pulumi/host"
)

// Prints the plugins that the installed packages name in their pulumi-plugin.json, as JSON.
const listPlugins = `
import glob, json, os, sys
files = [f for p in sys.path if p for f in sorted(glob.glob(os.path.join(p, "*", "pulumi-plugin.json")))]
print(json.dumps([json.load(open(f, encoding="utf-8")) for f in files]))
`

// Prints the interpreter and its version.
const describePython = `
import platform, sys
print(sys.executable)
print(platform.python_version())
`

func main() {
	host.Serve(func(engineAddress string) (pulumirpc.LanguageRuntimeServer, error) {
		executable, err := os.Executable()
		if err != nil {
			return nil, err
		}
		executor := filepath.Join(filepath.Dir(executable), "pulumi-language-python-exec")
		if _, err := os.Stat(executor); err != nil {
			return nil, fmt.Errorf("the executor is missing; make pulumi puts it there: %w", err)
		}
		return &pythonHost{engineAddress: engineAddress, executor: executor}, nil
	})
}

type pythonHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engineAddress string
	executor      string
}

func (h *pythonHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

func (h *pythonHost) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engineAddress = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// tools gives the environment that the project's options name: pip (also without a virtualenv), uv or poetry.
func tools(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory()}
	given := info.GetOptions().AsMap()
	options.Virtualenv, _ = given["virtualenv"].(string)
	switch name, _ := given["toolchain"].(string); name {
	case "", "pip":
		options.Toolchain = toolchain.Pip
	case "uv":
		options.Toolchain = toolchain.Uv
	case "poetry":
		options.Toolchain = toolchain.Poetry
	default:
		return nil, fmt.Errorf("toolchain %q is none of pip, uv, poetry", name)
	}
	return toolchain.ResolveToolchain(options)
}

func command(ctx context.Context, info *pulumirpc.ProgramInfo, args ...string) (*exec.Cmd, error) {
	tools, err := tools(info)
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	return tools.Command(ctx, args...)
}

func (h *pythonHost) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	list, err := command(ctx, request.GetInfo(), "-c", listPlugins)
	if err != nil {
		return nil, err
	}
	output, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the plugins of the installed packages: %w", err)
	}
	var plugins []plugin.PulumiPluginJSON
	if err := json.Unmarshal(output, &plugins); err != nil {
		return nil, err
	}
	return host.RequiredPackages(plugins), nil
}

func (h *pythonHost) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	args := append([]string{"-u", h.executor}, host.Flags(
		[2]string{"monitor", request.GetMonitorAddress()},
		[2]string{"engine", h.engineAddress},
		[2]string{"project", request.GetProject()},
		[2]string{"root_directory", request.GetInfo().GetRootDirectory()},
		[2]string{"stack", request.GetStack()},
		[2]string{"pwd", request.GetPwd()},
		[2]string{"dry_run", strconv.FormatBool(request.GetDryRun())},
		[2]string{"parallel", strconv.Itoa(int(request.GetParallel()))},
		[2]string{"organization", request.GetOrganization()},
	)...)
	args = append(args, request.GetInfo().GetEntryPoint())
	run, err := command(ctx, request.GetInfo(), append(args, request.GetArgs()...)...)
	if err != nil {
		return nil, err
	}
	settings, err := host.Settings(request)
	if err != nil {
		return nil, err
	}
	run.Env = append(run.Environ(), settings...)
	return host.RunProgram(run), nil
}

func (h *pythonHost) RunPlugin(request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer) error {
	program := request.GetInfo().GetProgramDirectory()
	args := append([]string{"-u", program}, request.GetArgs()...)
	if request.GetKind() == "analyzer" {
		args = append(append([]string{"-u", "-m", "pulumi.policy"}, request.GetArgs()...), program)
	}
	run, err := command(server.Context(), request.GetInfo(), args...)
	if err != nil {
		return err
	}
	return host.RunPlugin(run, request, server)
}

func (h *pythonHost) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	tools, err := tools(request.GetInfo())
	if err != nil {
		return err
	}
	streams, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, request.GetIsTerminal())
	if err != nil {
		return err
	}
	folder := request.GetInfo().GetProgramDirectory()
	err = tools.InstallDependencies(
		server.Context(), folder, request.GetUseLanguageVersionTools(), true, stdout, stderr)
	if closeErr := streams.Close(); err == nil {
		err = closeErr
	}
	return err
}

// About is asked before every preview and update. The toolchain would start pip too, for a version that nobody asks for here.
func (h *pythonHost) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	describe, err := command(ctx, request.GetInfo(), "-c", describePython)
	if err != nil {
		return nil, err
	}
	output, err := describe.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot ask the interpreter for its version: %w", err)
	}
	executable, version, _ := strings.Cut(strings.TrimSpace(string(output)), "\n")
	return &pulumirpc.AboutResponse{Executable: executable, Version: strings.TrimSpace(version)}, nil
}

func (h *pythonHost) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	tools, err := tools(request.GetInfo())
	if err != nil {
		return nil, err
	}
	packages, err := tools.ListPackages(ctx, request.GetTransitiveDependencies())
	if err != nil {
		return nil, err
	}
	answer := &pulumirpc.GetProgramDependenciesResponse{}
	for _, installed := range packages {
		answer.Dependencies = append(answer.Dependencies,
			&pulumirpc.DependencyInfo{Name: installed.Name, Version: installed.Version})
	}
	return answer, nil
}

func (h *pythonHost) GeneratePackage(
	_ context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	return host.Generate(request, func(bound *schema.Package, loader schema.ReferenceLoader) (map[string][]byte, error) {
		return codegen.GeneratePackage("pulumi-language-python", bound, request.GetExtraFiles(), loader)
	})
}

// Link adds generated SDKs to the project's dependencies.
func (h *pythonHost) Link(ctx context.Context, request *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	tools, err := tools(request.GetInfo())
	if err != nil {
		return nil, err
	}
	packages := map[string]string{}
	answer := &pulumirpc.LinkResponse{ImportInstructions: "You can import the SDK in your Python code with:\n"}
	for _, linked := range request.GetPackages() {
		name := host.LinkedName(linked)
		module := codegen.PyPack("", name)
		packages[module] = linked.GetPath()
		answer.ImportInstructions += fmt.Sprintf("\n  import %s\n", module)
	}
	return answer, tools.LinkPackages(ctx, packages)
}
