// Command skeleton is a start for a driver in Go: replace what callSDK does.
// The protocol is described in docs/driver-protocol.md.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// call is what the SDK is to do.
type call struct {
	ID          string                                                       `json:"id"`
	Operation   string                                                       `json:"operation"`
	Endpoint    string                                                       `json:"endpoint"`
	Credentials struct{ AccessKeyID, AccessKeySecret, SecurityToken string } `json:"credentials"`
	Region      string                                                       `json:"region"`
	Signature   string                                                       `json:"signature"`
	Input       map[string]any                                               `json:"input"`
	Options     map[string]any                                               `json:"options"`
}

const hello = `{"hello":{"protocol":1,"name":"my-sdk","signatures":["v1"],"methods":["POST"],"formats":["JSON"]}}`

// callSDK carries out one call and returns {"output": …} or {"error": …}.
func callSDK(c call) map[string]any {
	return map[string]any{"error": map[string]any{"code": "Driver", "message": "call the SDK here: " + c.Operation}}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	if _, err := in.ReadString('\n'); err != nil {
		return
	}
	fmt.Println(hello)
	var out sync.Mutex
	var calls sync.WaitGroup
	defer calls.Wait()
	for d := json.NewDecoder(in); ; {
		var c call
		if err := d.Decode(&c); err != nil {
			return // the end of the input
		}
		calls.Go(func() {
			reply := callSDK(c)
			reply["id"] = c.ID
			line, err := json.Marshal(reply)
			if err != nil {
				line = fmt.Appendf(nil, `{"id":%q,"error":{"code":"Driver","message":%q}}`, c.ID, err.Error())
			}
			out.Lock()
			defer out.Unlock()
			fmt.Println(string(line))
		})
	}
}
