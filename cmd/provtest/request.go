package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// read reads a request file, UTF-8 with or without a byte order mark. A
// request that breaks the schema is an *mpf.Error, as an engine would answer.
func (s *session) read(name string) (*mpf.Request, error) {
	target := s.options.target()
	if name == "" {
		return mpf.Simple(target, nil), nil
	}
	root, err := s.parse(name)
	if err != nil {
		return nil, usage("request %s: %w", name, err)
	}
	if root.Data == mpf.DocumentData && !target.IsZero() {
		xmldoc.WithoutNamespace(root, mpf.SchemaNamespace)
		xmldoc.Remove(root)
		return mpf.Simple(target, root), nil
	}
	req, err := mpf.ParseRequest(root, target)
	var refused *mpf.Error
	if err != nil && !errors.As(err, &refused) {
		return nil, usage("request %s: %w", name, err)
	}
	return req, err
}

func (s *session) parse(name string) (root *xmldoc.Node, err error) {
	in := s.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	if root, err = xmldoc.Parse(in, "", xmldoc.Limits{}); errors.Is(err, io.EOF) {
		err = fmt.Errorf("it is empty: %w", err)
	}
	return root, err
}
