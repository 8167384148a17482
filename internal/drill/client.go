package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Client speaks to a house as a program with a token. It sends a request again when the house is busy or cannot be reached,
// with the same key, so that nothing is done twice.
type Client struct {
	Base  string // "http://127.0.0.1:8300"
	Token string
	HTTP  *http.Client
	Tries int           // 0: once
	Most  time.Duration // waits no longer than this between two tries, whatever the house asks for; 0: as it asks
}

// NewClient makes a client that keeps its connections.
func NewClient(base, token string) *Client {
	return &Client{Base: base, Token: token, Tries: 8, HTTP: &http.Client{Timeout: time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}}}
}

// Problem is a refusal of the house.
type Problem struct {
	Status int    `json:"status"`
	Key    string `json:"key"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Key, p.Detail) }

// Get reads one thing.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.Call(ctx, http.MethodGet, path, "", nil, into)
}

// Post sends a command; key makes a repeat harmless.
func (c *Client) Post(ctx context.Context, path, key string, body, into any) error {
	return c.Call(ctx, http.MethodPost, path, key, body, into)
}

// Call sends a request, again while the house is busy or away, and reads the answer.
func (c *Client) Call(ctx context.Context, method, path, key string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("writing a request: %w", err)
		}
	}
	for try := 1; ; try++ {
		wait, err := c.once(ctx, method, path, key, text, into)
		if err == nil || wait == 0 || try > c.Tries {
			return err
		}
		if c.Most > 0 {
			wait = min(wait, c.Most)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait + time.Duration(rand.Int64N(int64(50*time.Millisecond)*int64(try)))):
		}
	}
}

// once sends a request; wait is how long to let pass before the next try, 0 for never.
func (c *Client) once(ctx context.Context, method, path, key string, body []byte, into any) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Accept-Language", "en")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 100 * time.Millisecond, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 100 * time.Millisecond, fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	}
	if res.StatusCode >= 400 {
		p := &Problem{Status: res.StatusCode}
		_ = json.Unmarshal(text, p)
		err := fmt.Errorf("%s %s: %w", method, path, p)
		if res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusTooManyRequests {
			seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
			return max(time.Duration(seconds)*time.Second, 50*time.Millisecond), err
		}
		return 0, err
	}
	if into == nil {
		return 0, nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return 0, fmt.Errorf("understanding the answer to %s %s: %w", method, path, err)
	}
	return 0, nil
}

// page is one part of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// All reads a list to its end.
func All[T any](ctx context.Context, c *Client, path string, query url.Values) ([]T, error) {
	var all []T
	q := url.Values{}
	for k, v := range query {
		q[k] = v
	}
	if q.Get("limit") == "" {
		q.Set("limit", "1000")
	}
	for {
		var p page[T]
		if err := c.Get(ctx, path, q, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if p.Next == "" {
			return all, nil
		}
		q.Set("after", p.Next)
	}
}

// StatusOf gives the status of a refusal; 0 when err is none.
func StatusOf(err error) int {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Status
	}
	return 0
}
