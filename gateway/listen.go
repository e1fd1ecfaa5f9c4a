package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
)

// listen opens "host:port" or "unix:/path". A socket that a killed process left behind is replaced.
func listen(address string) (net.Listener, error) {
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return net.Listen("tcp", address)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		_ = conn.Close()
		return nil, errors.New(path + " is in use")
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}
