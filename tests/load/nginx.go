package load

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"mab/tests/harness"
)

// nginx answers every request with the same body: about the least that an HTTP server costs on this machine.
type nginx struct {
	*harness.Process
	address string
}

const nginxConfiguration = `
daemon off;
worker_processes auto;
worker_rlimit_nofile 8192;
pid %[1]s/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s backlog=4096;
    default_type application/json;
    location / { return 200 '%[3]s'; }
  }
}
`

// startNginx on a free port, in a folder of its own below dir. The body is one that JSON can have without a quote: only its
// size counts.
func startNginx(dir string, bodyBytes int) (*nginx, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, "nginx")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	uid, gid := harness.ServiceOwner()
	if err := os.Chown(folder, uid, gid); err != nil {
		return nil, err
	}
	body := "[" + strings.Repeat("1", max(0, bodyBytes-2)) + "]"
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfiguration, folder, address, body), 0o644); err != nil {
		return nil, err
	}
	server := &nginx{address: address, Process: harness.NewProcess("nginx", folder, "/usr/sbin/nginx",
		[]string{"-e", "stderr", "-p", folder, "-c", file}, nil)}
	if err := server.Start(); err != nil {
		return nil, err
	}
	if err := awaitAnswer("http://"+address+"/", server.Process); err != nil {
		server.end()
		return nil, err
	}
	return server, nil
}

// end asks it to end: its workers would outlive a master that is killed.
func (n *nginx) end() {
	if n.Stop() != nil {
		n.Kill()
	}
}

// awaitAnswer waits until the process answers 200 at that URL.
func awaitAnswer(url string, process *harness.Process) error {
	for deadline := time.Now().Add(30 * time.Second); ; {
		response, err := http.Get(url)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("%s", response.Status)
		}
		if ended, how := process.Ended(); ended || time.Now().After(deadline) {
			return fmt.Errorf("%s does not answer at %s: %w (%s)", process.Name, url, err, how)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// freeAddress of this machine, on which nobody listens now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	if _, err := strconv.Atoi(port); err != nil {
		panic(address)
	}
	return port
}
