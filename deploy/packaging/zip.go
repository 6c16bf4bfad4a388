package main

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// writeZip writes a folder as an archive whose entries are below the folder's
// name, all of one time, so that the same files make the same archive.
func writeZip(file, folder string, when time.Time) (err error) {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := zip.NewWriter(out)
	root := os.DirFS(folder)
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		entry, err := w.CreateHeader(&zip.FileHeader{
			Name: path.Join(filepath.Base(folder), name), Method: zip.Deflate, Modified: when,
		})
		if err != nil {
			return err
		}
		source, err := root.Open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(entry, source)
		return errors.Join(err, source.Close())
	})
	return errors.Join(err, w.Close())
}
