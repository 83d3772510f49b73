// Command go-v1 is the driver of alibaba-cloud-sdk-go that is built into
// conform sdk, as a child process.
package main

import (
	"context"
	"log"
	"os"

	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/driver/gov1"
)

func main() {
	if err := driver.Serve(context.Background(), os.Stdin, os.Stdout, driver.Program{Hello: gov1.Hello(), Do: gov1.Func()}); err != nil {
		log.Fatal(err)
	}
}
