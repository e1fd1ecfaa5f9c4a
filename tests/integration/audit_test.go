package integration

import (
	"testing"

	"google.golang.org/grpc/metadata"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// auditEntry is what the audit log says of who did something.
type auditEntry struct {
	Account *struct {
		Email string `json:"email"`
	} `json:"account"`
	Address   string `json:"address"`
	Action    string `json:"action"`
	SubjectID string `json:"subject_id"`
}

// auditOf an experiment: its only entry.
func auditOf(t *testing.T, stack *harness.Stack, id string) auditEntry {
	t.Helper()
	var page struct {
		Entries []auditEntry `json:"entries"`
	}
	stack.Private(t, "GET", "/api/audit?subject_type=experiment&subject_id="+id, nil, &page)
	if len(page.Entries) != 1 {
		t.Fatalf("%d entries of %s: %+v", len(page.Entries), id, page.Entries)
	}
	return page.Entries[0]
}

// created is a new draft, made with these headers.
func created(t *testing.T, stack *harness.Stack, token string, headers ...string) string {
	t.Helper()
	response := stack.Call(t, "POST", "/api/experiments", token, draft(), headers...)
	if response.Status != 200 {
		t.Fatalf("create: %d %s", response.Status, response.Body)
	}
	var experiment struct {
		ID string `json:"id"`
	}
	response.Decode(t, &experiment)
	return experiment.ID
}

func draft() map[string]any {
	return map[string]any{"name": "Audited", "variants": []map[string]any{{"key": "a", "name": "A"}, {"key": "b", "name": "B"}}}
}

func TestTheAuditLogSaysFromWhere(t *testing.T) {
	stack := shared(t)
	var page struct {
		Entries []auditEntry `json:"entries"`
	}
	stack.Token(t)
	stack.Private(t, "GET", "/api/audit?action=account.create", nil, &page)
	if len(page.Entries) != 1 || page.Entries[0].Address != "127.0.0.1" {
		t.Errorf("the set-up link was used by %+v", page.Entries)
	}
	for name, headers := range map[string][]string{
		"plain":                 nil,
		"forwarded":             {"X-Forwarded-For", "203.0.113.7"},
		"metadata in a header":  {"Grpc-Metadata-mab-client-address", "203.0.113.7"},
		"metadata and a secret": {"Grpc-Metadata-mab-client-address", "203.0.113.7", "Grpc-Metadata-mab-internal-secret", harness.InternalSecret},
		"the bare name":         {"mab-client-address", "203.0.113.7", "mab-internal-secret", harness.InternalSecret},
	} {
		entry := auditOf(t, stack, created(t, stack, stack.Token(t), headers...))
		if entry.Address != "127.0.0.1" || entry.Account == nil || entry.Account.Email != harness.AdminEmail {
			t.Errorf("%s: %+v", name, entry)
		}
	}
}

// Over gRPC a client may say what it likes of its address: it is believed with the internal secret alone.
func TestOverGRPCNobodySaysForWhomHeCalls(t *testing.T) {
	stack := shared(t)
	experiments := mabv1.NewExperimentServiceClient(dial(t, stack.AdminAddress))
	create := func(pairs ...string) string {
		t.Helper()
		pairs = append(pairs, "authorization", "Bearer "+stack.Token(t), "mab-client-address", "203.0.113.7")
		answer, err := experiments.CreateExperiment(metadata.AppendToOutgoingContext(callContext(t), pairs...), &mabv1.CreateExperimentRequest{
			Experiment: &mabv1.Experiment{Name: "Audited", Variants: []*mabv1.Variant{{Key: "a", Name: "A"}, {Key: "b", Name: "B"}}}})
		check(t, err)
		return answer.Experiment.Id
	}
	for address, id := range map[string]string{
		"":            create(),
		"203.0.113.7": create("mab-internal-secret", harness.InternalSecret),
	} {
		if entry := auditOf(t, stack, id); entry.Address != address {
			t.Errorf("the address is %q, not %q", entry.Address, address)
		}
	}
	if entry := auditOf(t, stack, create("mab-internal-secret", harness.InternalSecret+"x")); entry.Address != "" {
		t.Errorf("beside a wrong secret the address is %q", entry.Address)
	}
}

func TestTheAuditLogCountsHopsFromTheRight(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"MAB_TRUSTED_HOPS=1"}})
	for forwarded, address := range map[string]string{
		"198.51.100.20":               "198.51.100.20",
		"203.0.113.7, 198.51.100.20":  "198.51.100.20",
		"203.0.113.7, 2001:DB8:0::20": "2001:db8::20",
	} {
		if entry := auditOf(t, stack, created(t, stack, stack.Token(t), "X-Forwarded-For", forwarded)); entry.Address != address {
			t.Errorf("%s: %+v", forwarded, entry)
		}
	}
}
