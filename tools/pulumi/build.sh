#!/usr/bin/env bash
# build.sh FOLDER: build Pulumi's CLI and the language hosts from the Go module proxy, and put them into FOLDER.
#
# Nothing is installed elsewhere. A first build takes some minutes; Go keeps what it compiled in its own cache, so a later one links only.
set -euo pipefail
mkdir -p "$1"
target=$(cd "$1" && pwd)
cd "$(dirname "$0")"

pkg=github.com/pulumi/pulumi/pkg/v3
sdk=github.com/pulumi/pulumi/sdk/v3
version=$(go list -m -f '{{.Version}}' "$pkg")

# The module does not say its version: that is how Pulumi's own releases set it.
go build -p 2 -trimpath -ldflags "-s -w -X $sdk/go/common/version.Version=${version#v}" -o "$target/" \
    "$pkg/cmd/pulumi" ./pulumi-language-python ./pulumi-language-nodejs

# Two scripts of the SDK belong beside the binaries: what runs a Python program, and the provider of dynamic resources.
go mod download "$sdk"
folder=$(go list -m -f '{{.Dir}}' "$sdk")
install -m 755 "$folder/python/cmd/pulumi-language-python-exec" "$folder/python/dist/pulumi-resource-pulumi-python" "$target/"
