package host

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// RequiredPackages says which plugins the installed packages need.
func RequiredPackages(plugins []plugin.PulumiPluginJSON) *pulumirpc.GetRequiredPackagesResponse {
	answer := &pulumirpc.GetRequiredPackagesResponse{}
	for _, needed := range plugins {
		if !needed.Resource {
			continue
		}
		answer.Packages = append(answer.Packages, &pulumirpc.PackageDependency{
			Name:             needed.Name,
			Kind:             "resource",
			Version:          needed.Version,
			Server:           needed.Server,
			Parameterization: parameterization(needed.Parameterization),
			Extension:        parameterization(needed.ExtensionParameterization),
		})
	}
	return answer
}

func parameterization(given *plugin.PulumiParameterizationJSON) *pulumirpc.PackageParameterization {
	if given == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{Name: given.Name, Version: given.Version, Value: given.Value}
}

// LinkedName is the name of a package that is to be linked: the parameterized one, where it has one.
func LinkedName(linked *pulumirpc.LinkRequest_LinkDependency) string {
	if name := linked.GetPackage().GetParameterization().GetName(); name != "" {
		return name
	}
	return linked.GetPackage().GetName()
}
