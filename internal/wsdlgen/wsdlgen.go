package wsdlgen

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hooklift/gowsdl"

	"wsexchange/wsdl"
)

// Files returns all generated files by their path below the folder of package
// wsdl, with slashes: for each service a .wsdl file and a client. The contents
// depend on the rows of package wsdl only. It writes to a temporary folder, and
// while it runs the standard logger is mute and the process has one processor.
func Files() (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, s := range wsdl.Services() {
		name := strings.ToLower(s.Name)
		description := wsdl.Render(s, "http://localhost/MPSWS/"+s.Name+".asmx")
		source, err := Client(name, description)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", s.Name, err)
		}
		files[name+".wsdl"] = description
		files[name+"/"+name+".go"] = source
	}
	return files, nil
}

// Client returns the Go source of a client package for a WSDL that wsdl.Render
// wrote; name is the name of the package.
func Client(name string, description []byte) ([]byte, error) {
	parts, err := generate(name, description)
	if err != nil {
		return nil, err
	}
	source := "package " + name + "\n" + string(parts["types"]) + string(parts["operations"])
	return rewrite(name, source)
}

// generate runs gowsdl, which reads from files only and reports to the standard
// logger.
func generate(name string, description []byte) (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "wsdlgen")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, name+".wsdl")
	if err := os.WriteFile(file, description, 0o600); err != nil {
		return nil, err
	}
	generator, err := gowsdl.NewGoWSDL(file, name, false, true)
	if err != nil {
		return nil, err
	}
	// It also fills one map from two goroutines without a lock. On one
	// processor they cannot meet inside a map write, as the runtime is not
	// preempted there; the race detector complains all the same.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard)
	parts, err := generator.Start()
	if err != nil {
		return nil, err
	}
	// Errors of its templates reach only the log.
	for _, part := range []string{"types", "operations"} {
		if len(bytes.TrimSpace(parts[part])) == 0 {
			return nil, fmt.Errorf("gowsdl found no %s in %s.wsdl", part, name)
		}
	}
	return parts, nil
}
