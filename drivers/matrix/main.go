// Command matrix publishes what conform sdk found about the real SDKs: for each
// its counts, its summary and its departures with the exchanges that show them,
// and one table of all.
//
//	go run ./drivers/matrix RUNS REPORTS README
//
// RUNS has a folder for each SDK that was judged, REPORTS one for each that
// ever was; the table is of the latter.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: matrix RUNS REPORTS README")
	}
	if err := publish(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

// publish takes over every run and writes both pages anew.
func publish(runs, reports, readme string) error {
	found, err := filepath.Glob(filepath.Join(runs, "*", "hello.json"))
	if err != nil {
		return fmt.Errorf("look for runs: %w", err)
	}
	for _, hello := range found {
		dir := filepath.Dir(hello)
		if err := take(dir, filepath.Join(reports, filepath.Base(dir))); err != nil {
			return err
		}
	}
	all, err := load(reports)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(reports, "README.md"), []byte(page(all)), 0o644); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return insert(readme, table(all, reports+"/"))
}
