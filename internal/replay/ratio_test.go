package replay

import (
	"slices"
	"testing"
)

// BenchmarkReplay is what replaying costs a server beside the barest one that
// answers as much, with 100, 10,000 and 100,000 exchanges recorded. The servers
// take turns; each figure is the median of its rounds, of CPU and not of time.
// ratio is that of 10,000 to the bare one, its bar is 2; flat that of 100,000
// to 100.
func BenchmarkReplay(b *testing.B) {
	const each = 4000 // requests of a round
	all := []int{0, 100, 10_000, 100_000}
	servers, texts, used := map[int]*process{}, map[int][][]byte{}, map[int][]float64{}
	for _, n := range all {
		servers[n], texts[n] = start(b, n), askings(b, max(n, sizes[0]))
		load(b, servers[n].address, texts[n], len(texts[n])) // warm
	}
	for b.Loop() {
		for _, n := range all {
			before := servers[n].used(b)
			load(b, servers[n].address, texts[n], each)
			used[n] = append(used[n], float64(servers[n].used(b)-before)/each)
		}
	}
	middle := func(n int) float64 {
		slices.Sort(used[n])
		return used[n][len(used[n])/2]
	}
	b.ReportMetric(middle(0)/1000, "bare-us")
	b.ReportMetric(middle(10_000)/1000, "replay-us")
	b.ReportMetric(middle(10_000)/middle(0), "ratio")
	b.ReportMetric(middle(100_000)/middle(100), "flat")
}
