package main

import (
	"errors"
	"fmt"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/wire"
)

// The names by which the SDKs know a key in the environment.
const (
	envKeyID  = "ALIBABA_CLOUD_ACCESS_KEY_ID"
	envSecret = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
	envToken  = "ALIBABA_CLOUD_SECURITY_TOKEN"
)

// keyFlags are the flags that hold an access key.
type keyFlags struct{ id, secret, token string }

func (k keyFlags) given() bool { return k.id != "" || k.secret != "" || k.token != "" }

// check says what is missing of a key; from is where it was found.
func (k keyFlags) check(from string) error {
	if k.id == "" || k.secret == "" {
		return fmt.Errorf("%s: want both an access key id and its secret", from)
	}
	if !profile.IsKey(k.id + k.secret + k.token) {
		return fmt.Errorf("%s: want a key without spaces and control characters", from)
	}
	return nil
}

func (k keyFlags) credential() profile.Credential {
	return profile.Credential{AccessKeyID: k.id, AccessKeySecret: k.secret, SecurityToken: k.token}
}

// environment returns the key that the environment holds.
func (a *app) environment() keyFlags {
	get := func(name string) string { v, _ := a.env(name); return v }
	return keyFlags{id: get(envKeyID), secret: get(envSecret), token: get(envToken)}
}

// giveKey sets the profile's default credentials: those of the flags, or the
// profile's own, or those of the environment, or what the SDKs find on this
// machine.
func (a *app) giveKey(p *profile.Profile, flags keyFlags) error {
	if p.Credentials == nil {
		p.Credentials = map[string]profile.Credential{}
	}
	if flags.given() {
		p.Credentials["default"] = flags.credential()
		return flags.check("--access-key-id and --access-key-secret")
	}
	if _, own := p.Credentials["default"]; own {
		return nil
	}
	if env := a.environment(); env.given() {
		p.Credentials["default"] = env.credential()
		return env.check(envKeyID + " and " + envSecret)
	}
	found, err := named("")
	if err != nil {
		return fmt.Errorf("no credentials for %s: give --access-key-id and --access-key-secret, or set %s and %s, or name them in a target profile",
			p.Endpoint, envKeyID, envSecret)
	}
	p.Credentials["default"] = keyFlags{found.AccessKeyID, found.AccessKeySecret, found.SecurityToken}.credential()
	return nil
}

// lookups find what a profile only names, with the SDK's own readers.
func lookups() profile.Lookups {
	return profile.Lookups{Profile: named, Env: chain}
}

// chain asks the SDK's credential chain.
func chain() (wire.Credentials, error) {
	c, err := retrieve(credentials.NewDefaultCredentialsProvider())
	if err != nil {
		return c, fmt.Errorf("{env: true} finds no key: set %s and %s, or make a profile of the CLI; the SDK says: %w", envKeyID, envSecret, err)
	}
	return c, nil
}

// named reads a profile of the CLI's configuration, or else of the shared
// credentials file; the empty name stands for the default one.
func named(name string) (wire.Credentials, error) {
	c, err := retrieve(credentials.NewCLIProfileCredentialsProviderBuilder().WithProfileName(name).Build())
	if err == nil {
		return c, nil
	}
	c, err = retrieve(credentials.NewProfileCredentialsProviderBuilder().WithProfileName(name).Build())
	if err != nil {
		return c, fmt.Errorf("profile %q: found neither in the CLI's configuration nor in the shared credentials file", name)
	}
	return c, nil
}

func retrieve(p credentials.CredentialsProvider) (wire.Credentials, error) {
	c, err := p.GetCredentials()
	if err != nil {
		return wire.Credentials{}, err
	}
	if c == nil || c.AccessKeyId == "" || c.AccessKeySecret == "" {
		return wire.Credentials{}, errors.New("no access key found")
	}
	return wire.Credentials{
		AccessKeyID: c.AccessKeyId, AccessKeySecret: c.AccessKeySecret, SecurityToken: c.SecurityToken,
	}, nil
}
