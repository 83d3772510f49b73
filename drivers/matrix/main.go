// Command matrix publishes what conform sdk found about the real SDKs: for each
// its counts, its summary and its departures with the exchanges that show them,
// and one table of all. The same findings give the same files.
//
//	go run ./drivers/matrix [-check] REPORTS README RUN...
//
// A RUN is the folder of one SDK that was judged, REPORTS has one for each that
// ever was; the table is of the latter. With -check nothing is written, and
// what would be otherwise is told.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "tell what would change, and change nothing")
	flag.Parse()
	if flag.NArg() < 3 {
		log.Fatal("usage: matrix [-check] REPORTS README RUN...")
	}
	reports, readme, runs := flag.Arg(0), flag.Arg(1), flag.Args()[2:]
	if *check {
		for _, line := range compare(reports, runs) {
			log.Print(line)
		}
	} else if err := publish(reports, readme, runs); err != nil {
		log.Fatal(err)
	}
}

// publish takes over every run and writes both pages anew.
func publish(reports, readme string, runs []string) error {
	for _, run := range runs {
		files, err := take(run)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(reports, filepath.Base(run)), files); err != nil {
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

// compare tells which runs found something else than is published of them. A
// difference in what does not decide is none of a run's verdict.
func compare(reports string, runs []string) []string {
	var out []string
	for _, run := range runs {
		name := filepath.Base(run)
		files, err := take(run)
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		old, err := os.ReadFile(filepath.Join(reports, name, "counts.json"))
		switch {
		case errors.Is(err, os.ErrNotExist):
			out = append(out, name+": nothing is published of it")
		case err != nil:
			out = append(out, err.Error())
		case string(old) != string(files["counts.json"]):
			out = append(out, fmt.Sprintf("%s: other counts than are published: compare %s with %s", name, filepath.Join(run, "summary.md"),
				filepath.Join(reports, name, "summary.md")))
		}
	}
	return out
}
