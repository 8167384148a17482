package app_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// BenchmarkMyResult asks for results over the loopback, at the entrance of residents, and a handler that does nothing but write
// an answer of the same size, in turns in the same run: the ratio is what the door costs.
func BenchmarkMyResult(b *testing.B) {
	const people = 2000
	wide := door.PublicLimits
	wide.PerAddress = door.Rate{PerSecond: 1e9, Burst: 1e9}
	a, err := app.New(b.Context(), app.Config{Data: filepath.Join(b.TempDir(), "data"), Addr: "127.0.0.1:0", PublicAddr: "127.0.0.1:0", Clock: outbreak.NewHandClock(testkit.Start),
		Limits: map[string]door.Limits{"public": wide}, Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}})
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Stop(b.Context()) })
	h, ctx := a.House, b.Context()
	if _, err := h.Registry.LoadAreas(ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "A", Name: "甲"}}}); err != nil {
		b.Fatal(err)
	}
	ob, err := h.Registry.DeclareOutbreak(ctx, root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	if err != nil {
		b.Fatal(err)
	}
	for part := range people / 1000 {
		if _, err := h.Registry.LoadPeople(ctx, root, registry.LoadPeople{People: make1000(part)}); err != nil {
			b.Fatal(err)
		}
	}
	r, err := h.Screening.OpenRound(ctx, root, screening.OpenRound{Outbreak: ob, Name: "Round 1", Areas: []string{"A"}, Excuse: "a benchmark"})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := h.Screening.FindRound(ctx, root, r.ID, ""); err != nil {
		b.Fatal(err)
	}
	if err := h.Registry.Secrets().CatchUp(ctx); err != nil {
		b.Fatal(err)
	}
	if err := h.Registry.LoadCodes(ctx); err != nil {
		b.Fatal(err)
	}
	secrets, err := h.Registry.GiveSecrets(ctx, root, registry.GiveSecrets{Most: people})
	if err != nil || len(secrets) != people {
		b.Fatal(len(secrets), err)
	}
	var nos []int64
	if err := h.DB.Read(ctx, func(tx *store.Tx) error {
		return testkit.RollBelow(tx, "", func(no int64) error { nos = append(nos, no); return nil })
	}); err != nil {
		b.Fatal(err)
	}
	b.Run("coverage", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if m, err := h.Screening.Coverage().MyResult(nos[i%people], testkit.Start); err != nil || m.State != screening.MyNotSampled {
				b.Fatal(m, err)
			}
			i++
		}
	})
	answer := []byte(`{"state":"not_sampled","round":"Round 1","next":"2022-03-14T00:10:00Z"}`)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	bare := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer) }), ReadHeaderTimeout: time.Second}
	go func() { _ = bare.Serve(l) }()
	b.Cleanup(func() { _ = bare.Close() })
	rates := map[string]float64{}
	for _, x := range []struct{ name, url string }{{"bare", "http://" + l.Addr().String() + "/"}, {"my", a.URLOf("public") + "/my/result"}} {
		b.Run(x.name, func(b *testing.B) {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
			shed := 0
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for i := int(time.Now().UnixNano() % people); pb.Next(); i += 7 {
					req, _ := http.NewRequest(http.MethodGet, x.url, nil)
					req.Header.Set("Authorization", "Bearer "+secrets[i%people].Secret)
					res, err := client.Do(req)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
					if res.StatusCode != http.StatusOK {
						shed++
					}
				}
			})
			rates[x.name] = float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rates[x.name], "look-ups/s")
			b.ReportMetric(float64(shed), "not-answered")
		})
	}
	b.Logf("%.2f of the bare handler's rate, sender and server on one machine", rates["my"]/rates["bare"])
}

// make1000 makes people for a roll.
func make1000(part int) []registry.NewPerson {
	list := make([]registry.NewPerson, 1000)
	for i := range list {
		list[i] = registry.NewPerson{Area: "A", Identity: registry.Identity{Name: fmt.Sprint("人", part, "-", i)}}
	}
	return list
}
