package resource

import (
	"errors"
	"fmt"
)

// kilobytesPerMegabyte joins the two units of the resource manager: mailboxes
// count in kilobytes, stores, shares and folders in megabytes (F270).
const kilobytesPerMegabyte = 1024

// Kilobytes returns how many kilobytes a number of megabytes is, which must lie
// between 0 and MaxMegabytes.
func Kilobytes(megabytes int64) int64 { return megabytes * kilobytesPerMegabyte }

// MegabytesFor returns how many megabytes a number of kilobytes needs: a part
// counts whole (F270).
func MegabytesFor(kilobytes int64) int64 {
	whole := kilobytes / kilobytesPerMegabyte
	if kilobytes%kilobytesPerMegabyte > 0 {
		whole++
	}
	return whole
}

// MegabytesIn returns how many whole megabytes a number of kilobytes holds: what is
// free is never reported too large (F270).
func MegabytesIn(kilobytes int64) int64 { return kilobytes / kilobytesPerMegabyte }

// Units of a CapacityError.
const (
	Megabyte = "megabytes"
	Kilobyte = "kilobytes"
)

// Levels of a CapacityError.
const (
	LevelResource   = "resource"   // the store has not enough left
	LevelAllocation = "allocation" // the organization's share has not enough left
)

// Refusals of the resource manager.
var (
	ErrCapacity = errors.New("not enough capacity")
	ErrRelease  = errors.New("more released than allocated")
)

// CapacityError tells how much was needed and what there was. It is
// ErrCapacity.
type CapacityError struct {
	Level  string // one of the Level constants
	Name   string
	Needed int64
	Free   int64
	Unit   string // Megabyte or Kilobyte
}

func (e *CapacityError) Error() string {
	return fmt.Sprintf("%s %s: %v: %d %s needed, %d free", e.Level, e.Name, ErrCapacity, e.Needed, e.Unit, e.Free)
}

// Is makes the error ErrCapacity.
func (e *CapacityError) Is(target error) bool { return target == ErrCapacity }

// ReleaseError tells that more was to be released than there was. It is
// ErrRelease.
type ReleaseError struct {
	Allocated int64
	Released  int64
	Unit      string // Megabyte or Kilobyte
}

func (e *ReleaseError) Error() string {
	return fmt.Sprintf("%v: %d %s allocated, %d to be released", ErrRelease, e.Allocated, e.Unit, e.Released)
}

// Is makes the error ErrRelease.
func (e *ReleaseError) Is(target error) bool { return target == ErrRelease }
