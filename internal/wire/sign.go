package wire

import (
	"errors"
	"fmt"
)

// Sign adds the Signature parameter or the Authorization header, over what
// stands in the draft now; an older signature is replaced. It fails for an
// unknown scheme, and under ACS3 where the draft has no Host to sign.
func (d *Draft) Sign() error {
	switch d.Scheme {
	case V1:
		d.signV1()
		return nil
	case ACS3:
		if d.Host == "" {
			return fmt.Errorf("sign %s: %w", d.Operation, errNoHost)
		}
		d.signACS3()
		return nil
	}
	return fmt.Errorf("sign %s: unknown scheme %q", d.Operation, string(d.Scheme))
}

var errNoHost = errors.New("the draft has no host, and ACS3 signs it")
