package servicetls

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mab/tests/harness/testca"
)

func TestFilesThatAreOfNoUseAreNamed(t *testing.T) {
	ca := testca.New(t)
	ca.Issue(t, "gateway")
	ca.Issue(t, "other")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		files Files
		wrong string
	}{
		{Files{CA: ca.File("ca.pem")}, ""},
		{Files{CA: ca.File("ca.pem"), Certificate: ca.File("gateway.pem"), Key: ca.File("gateway.key")}, ""},
		{Files{CA: "/nowhere.pem"}, "MAB_INTERNAL_TLS_CA_FILE"},
		{Files{CA: empty}, "MAB_INTERNAL_TLS_CA_FILE"},
		{Files{CA: ca.File("ca.pem"), Certificate: ca.File("gateway.pem"), Key: ca.File("other.key")}, "MAB_INTERNAL_TLS_CERT_FILE"},
		{Files{CA: ca.File("ca.pem"), Certificate: ca.File("gateway.pem"), Key: empty}, "MAB_INTERNAL_TLS_CERT_FILE"},
	} {
		_, err := New(test.files)
		if (err == nil) != (test.wrong == "") || err != nil && !strings.HasPrefix(err.Error(), test.wrong) {
			t.Errorf("%+v: %v", test.files, err)
		}
	}
}
