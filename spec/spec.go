// Package spec holds the contract as text: the OpenAPI document and the JSON
// Schema of its x-acs-* extensions. Package contract loads and checks them.
package spec

import _ "embed"

// Name is what places in the contract are reported under.
const Name = "spec/openapi.yaml"

// OpenAPI is the contract, an OpenAPI 3.0.3 document in YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Schema is the JSON Schema (2020-12) of the contract's x-acs-* extensions.
//
//go:embed x-acs.schema.json
var Schema []byte
