package failure

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"mab/tests/harness"
)

// disk is where a journal is, and which can be full.
type disk interface {
	// Dir is for the services' user alone.
	Dir() string
	// Fill leaves `free` bytes; where there is no such measure, none.
	Fill(free int64) error
	// Free makes room again.
	Free() error
	// Close removes everything.
	Close()
	String() string
}

const ballastName = "ballast"

// smallDisk is a tmpfs with a ballast file.
type smallDisk struct {
	dir string
	// guard unmounts when this process closes its standard input, be it by dying.
	guard *exec.Cmd
	leash io.Closer
}

// mountSmallDisk mounts one. EPERM where that is not allowed.
func mountSmallDisk(bytes int64) (*smallDisk, error) {
	dir, err := os.MkdirTemp("", "mab-disk-")
	if err != nil {
		return nil, err
	}
	uid, gid := harness.ServiceOwner()
	options := fmt.Sprintf("size=%d,mode=0700,uid=%d,gid=%d", bytes, uid, gid)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		os.Remove(dir)
		return nil, err
	}
	d := &smallDisk{dir: dir, guard: exec.Command("sh", "-c", `read -r _; umount -l "$1"; rmdir "$1"`, "sh", dir)}
	// Not in the terminal's group: what interrupts the tests must not interrupt this.
	d.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if d.leash, err = d.guard.StdinPipe(); err == nil {
		err = d.guard.Start()
	}
	if err != nil {
		err = errors.Join(err, syscall.Unmount(dir, syscall.MNT_DETACH), os.Remove(dir))
		return nil, err
	}
	return d, nil
}

func (d *smallDisk) Dir() string    { return d.dir }
func (d *smallDisk) String() string { return "a tmpfs" }

func (d *smallDisk) Close() {
	d.leash.Close()
	_ = d.guard.Wait()
}

// Fill takes what is free but for `free` bytes. What others free meanwhile is taken too.
func (d *smallDisk) Fill(free int64) error {
	file, err := os.OpenFile(filepath.Join(d.dir, ballastName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	block := make([]byte, 4096)
	for {
		var state syscall.Statfs_t
		if err := syscall.Statfs(d.dir, &state); err != nil {
			return err
		}
		if int64(state.Bavail)*state.Bsize <= free {
			return nil
		}
		if _, err := file.Write(block); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (d *smallDisk) Free() error {
	err := os.Remove(filepath.Join(d.dir, ballastName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
