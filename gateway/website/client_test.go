package website

import (
	"context"
	"net/http"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	mabv1 "mab/gen/go/mab/v1"
)

// admin lets everybody, or fails as it is told to.
type admin struct{ failure error }

func (a admin) CheckWebsite(context.Context, *mabv1.CheckWebsiteRequest, ...grpc.CallOption) (*mabv1.CheckWebsiteResponse, error) {
	return &mabv1.CheckWebsiteResponse{}, a.failure
}

func check(client mabv1.WebsiteServiceClient, url string) (*mabv1.CheckWebsiteResponse, error) {
	return client.CheckWebsite(context.Background(), &mabv1.CheckWebsiteRequest{Url: url})
}

func TestAWebsiteIsReported(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		_, _ = w.Write([]byte(`<script src="https://ab.example/mab-script.js"></script><h1 data-test="hero">`))
	})
	got, err := check(Client(admin{}, Any), url)
	if err != nil || got.Status != 200 || len(got.Scripts) != 1 || len(got.Experiments) != 1 || len(got.Hindrances) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestNobodyLooksForWhoeverMayNotAsk(t *testing.T) {
	asked := false
	url := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	refused := status.Error(codes.PermissionDenied, "needs the role EDITOR")
	for want, client := range map[codes.Code]mabv1.WebsiteServiceClient{
		codes.PermissionDenied:   Client(admin{refused}, Any),
		codes.FailedPrecondition: Client(admin{}, Off),
		codes.InvalidArgument:    Client(admin{}, Public),
	} {
		if _, err := check(client, url); status.Code(err) != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if asked {
		t.Error("the website was asked")
	}
}

func TestTwoWebsitesAreLookedAtATime(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-leave
	})
	client := Client(admin{}, Any)
	done := make(chan error)
	for range atOnce {
		go func() {
			_, err := check(client, url)
			done <- err
		}()
		<-arrived
	}
	if _, err := check(client, url); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
	close(leave)
	for range atOnce {
		if err := <-done; status.Code(err) != codes.InvalidArgument { // it was no page
			t.Errorf("got %v", err)
		}
	}
}
