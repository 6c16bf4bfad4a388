package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// LockedError is that another process has the database file open. The lock is
// a file of its own beside it, NAME.lock, which stays when the process ends.
type LockedError struct {
	Path string
	PID  int // 0 if the lock file does not say
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("database file %s is in use by another process", e.Path)
	}
	return fmt.Sprintf("database file %s is in use by process %d", e.Path, e.PID)
}

// lock takes the lock of a database file for as long as the result is open.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database file: %w", err)
	}
	free, err := tryLock(file)
	if err == nil && !free {
		holder := &LockedError{Path: path}
		text, _ := io.ReadAll(io.LimitReader(file, 32))
		holder.PID, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return nil, errors.Join(holder, file.Close())
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteString(strconv.Itoa(os.Getpid()) + "\n")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock database file %s: %w", path, err), file.Close())
	}
	return file, nil
}
