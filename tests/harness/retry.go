package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const restartLimit = 30 * time.Second

// tryPublic posts {"user_id": user} until it is answered with something else than 503, or nothing at all.
func (c *Client) tryPublic(path, user string, into any) error {
	deadline := time.Now().Add(restartLimit)
	for {
		response, err := c.Try("POST", path, "", map[string]any{"user_id": user})
		if err == nil && response.Status == http.StatusOK {
			return json.Unmarshal(response.Body, into)
		}
		if err == nil && response.Status != http.StatusServiceUnavailable {
			return fmt.Errorf("%s: %d %s", path, response.Status, response.Body)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: still nothing but %d %s %w", path, response.Status, response.Body, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
