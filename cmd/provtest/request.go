package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/journal"
	"wsexchange/mpf"
)

// headSize is how much of a file is looked through for notes, in bytes.
const headSize = 4096

// read reads a request file, UTF-8 with or without a byte order mark. What a
// journal noted in it is kept; its target counts if the options name none. A
// request that breaks the schema is an *mpf.Error, as an engine would answer.
func (s *session) read(name string) (*mpf.Request, error) {
	target := s.options.target()
	s.note = journal.Note{}
	if name == "" {
		return mpf.Simple(target, nil), nil
	}
	root, err := s.parse(name)
	if err != nil {
		return nil, usage("request %s: %w", name, err)
	}
	if s.options.recorded && !s.note.Recorded {
		return nil, usage("request %s: no HRESULT is recorded in it", name)
	}
	if err := s.options.fill(name, root); err != nil {
		return nil, err
	}
	if target.IsZero() {
		target = s.note.Target
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
	buffered := bufio.NewReaderSize(in, headSize)
	head, _ := buffered.Peek(headSize) // what cannot be read is told below
	s.note = journal.ReadNote(string(head))
	if root, err = xmldoc.Parse(buffered, "", xmldoc.Limits{}); errors.Is(err, io.EOF) {
		err = fmt.Errorf("it is empty: %w", err)
	}
	return root, err
}
