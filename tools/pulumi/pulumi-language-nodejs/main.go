// Command pulumi-language-nodejs is a language host for Node.js and TypeScript programs.
//
// It starts the executor that the program's own @pulumi/pulumi holds (cmd/run) with the arguments that Pulumi's host gives it.
// Plugins and policy packs in Node.js, new projects and conversion are answered with "unimplemented".
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/emptypb"

	codegen "github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	"github.com/pulumi/pulumi/sdk/v3/nodejs/npm"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"delivery-lab/tools/pulumi/host"
)

// Prints what the packages in node_modules (linked ones too) say under "pulumi" in their package.json, as JSON.
const listPlugins = `
const fs = require("fs"), path = require("path"), found = [];
const read = (folder) => {
    const file = path.join(folder, "package.json");
    if (!fs.existsSync(file)) return;
    const manifest = JSON.parse(fs.readFileSync(file, "utf8"));
    if (!manifest.pulumi || !manifest.pulumi.resource) return;
    const name = manifest.name.replace(/^@[^/]*\//, "");
    found.push({name, version: manifest.version, ...manifest.pulumi});
};
const modules = "node_modules";
for (const entry of fs.existsSync(modules) ? fs.readdirSync(modules) : []) {
    const folder = path.join(modules, entry);
    if (entry.startsWith("@")) for (const scoped of fs.readdirSync(folder)) read(path.join(folder, scoped));
    else read(folder);
}
console.log(JSON.stringify(found));
`

func main() {
	host.Serve(func(engineAddress string) (pulumirpc.LanguageRuntimeServer, error) {
		return &nodeHost{engineAddress: engineAddress}, nil
	})
}

type nodeHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engineAddress string
}

func (h *nodeHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

func (h *nodeHost) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engineAddress = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func node(ctx context.Context, info *pulumirpc.ProgramInfo, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "node", args...)
	command.Dir = info.GetProgramDirectory()
	return command
}

func (h *nodeHost) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	output, err := node(ctx, request.GetInfo(), "-e", listPlugins).Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the plugins of the installed packages: %w", err)
	}
	var plugins []plugin.PulumiPluginJSON
	if err := json.Unmarshal(output, &plugins); err != nil {
		return nil, err
	}
	return host.RequiredPackages(plugins), nil
}

func (h *nodeHost) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	info := request.GetInfo()
	executor, err := node(ctx, info, "-p", `require.resolve("@pulumi/pulumi/cmd/run")`).Output()
	if err != nil {
		return &pulumirpc.RunResponse{
			Error: "the program has no @pulumi/pulumi: run npm install in " + info.GetProgramDirectory(),
		}, nil
	}
	args := append([]string{strings.TrimSpace(string(executor))}, host.Flags(
		[2]string{"monitor", request.GetMonitorAddress()},
		[2]string{"engine", h.engineAddress},
		[2]string{"project", request.GetProject()},
		[2]string{"root-directory", info.GetRootDirectory()},
		[2]string{"stack", request.GetStack()},
		[2]string{"pwd", request.GetPwd()},
		[2]string{"parallel", strconv.Itoa(int(request.GetParallel()))},
		[2]string{"organization", request.GetOrganization()},
	)...)
	if request.GetDryRun() {
		args = append(args, "--dry-run")
	}
	args = append(args, info.GetEntryPoint())
	run := node(ctx, info, append(args, request.GetArgs()...)...)
	settings, err := host.Settings(request)
	if err != nil {
		return nil, err
	}
	run.Env = append(run.Environ(), append(settings, "PULUMI_NODEJS_TYPESCRIPT=true")...)
	return host.RunProgram(run), nil
}

func (h *nodeHost) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	streams, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, request.GetIsTerminal())
	if err != nil {
		return err
	}
	folder := request.GetInfo().GetProgramDirectory()
	_, err = npm.Install(server.Context(), npm.AutoPackageManager, folder, false, stdout, stderr)
	if closeErr := streams.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (h *nodeHost) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	output, err := node(ctx, request.GetInfo(), "--version").Output()
	if err != nil {
		return nil, err
	}
	executable, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: executable, Version: strings.TrimSpace(string(output))}, nil
}

func (h *nodeHost) GetProgramDependencies(
	context.Context, *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	return &pulumirpc.GetProgramDependenciesResponse{}, nil
}

func (h *nodeHost) GeneratePackage(
	_ context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	return host.Generate(request, func(bound *schema.Package, loader schema.ReferenceLoader) (map[string][]byte, error) {
		return codegen.GeneratePackage("pulumi-language-nodejs", bound, request.GetExtraFiles(),
			request.GetLocalDependencies(), request.GetLocal(), loader)
	})
}

// Link adds generated SDKs to the project's dependencies.
func (h *nodeHost) Link(ctx context.Context, request *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	answer := &pulumirpc.LinkResponse{ImportInstructions: "You can import the SDK in your TypeScript code with:\n"}
	folder := request.GetInfo().GetProgramDirectory()
	for _, linked := range request.GetPackages() {
		manifest, _, err := npm.ReadPackageManifest(filepath.Join(folder, linked.GetPath()))
		if err != nil {
			return nil, err
		}
		name, _ := manifest["name"].(string)
		set := exec.CommandContext(ctx, "npm", "pkg", "set", fmt.Sprintf("dependencies[%s]=file:%s", name, linked.GetPath()))
		set.Dir = folder
		if output, err := set.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm pkg set: %w: %s", err, output)
		}
		answer.ImportInstructions += fmt.Sprintf("\n  import * as %s from \"%s\";\n",
			strings.ReplaceAll(host.LinkedName(linked), "-", "_"), name)
	}
	return answer, nil
}
