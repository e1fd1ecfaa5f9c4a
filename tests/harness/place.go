package harness

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// RepositoryRoot is the folder with go.mod, above the test's.
func RepositoryRoot() string {
	root, err := repositoryRoot()
	if err != nil {
		panic(err)
	}
	return root
}

func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil && dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errors.Join(errors.New("no go.mod in this folder or above it"), err)
}

// serviceCredential is whom processes run as where the tests run as root: PostgreSQL refuses root. `./mab install` makes
// the user.
var serviceCredential = sync.OnceValue(func() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"mab", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(found.Uid, 10, 32)
			gid, _ := strconv.ParseUint(found.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	panic("neither a user mab nor nobody")
})

// ServiceOwner is whom processes run as: user and group.
func ServiceOwner() (uid, gid int) {
	if credential := serviceCredential(); credential != nil {
		return int(credential.Uid), int(credential.Gid)
	}
	return os.Geteuid(), os.Getegid()
}

// makeOwnedDir makes a folder that only the services' user gets into.
func makeOwnedDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if credential := serviceCredential(); credential != nil {
		return os.Chown(dir, int(credential.Uid), int(credential.Gid))
	}
	return nil
}

// BinaryDir is where the release build put the programs. MAB_TEST_BIN_DIR names another place.
func BinaryDir() string {
	if dir := os.Getenv("MAB_TEST_BIN_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(RepositoryRoot(), "build/release/bin")
}

// stagedBinaries are copies that the services' user can reach, wherever the checkout is. Made once a test binary.
var stagedBinaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mab-it-bin-")
	if err != nil {
		return "", err
	}
	staged = dir
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"mab-assignment", "mab-admin", "mab-gateway"} {
		if err := copyProgram(filepath.Join(BinaryDir(), name), filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("%w; ./mab build makes it", err)
		}
	}
	return dir, nil
})

var staged string

// RemoveStaged removes the copies. Call it when all tests are over.
func RemoveStaged() {
	if staged != "" {
		os.RemoveAll(staged)
	}
}

func copyProgram(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}
