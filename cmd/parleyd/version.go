package main

import (
	"fmt"
	"runtime/debug"

	"go.opentelemetry.io/otel/attribute"
)

var serviceName = attribute.String("service.name", "parleyd")

// version describes the build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "parleyd (unknown)"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	return fmt.Sprintf("parleyd %s%s %s", info.Main.Version, revision, info.GoVersion)
}
