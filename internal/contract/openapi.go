package contract

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// checkOpenAPI reads the document as any OpenAPI reader would, without the
// extensions, and returns what kin-openapi finds wrong with it.
func checkOpenAPI(name string, text []byte, root *yaml.Node) []fault {
	var b bytes.Buffer
	plain(&b, root)
	doc, err := openapi3.NewLoader().LoadFromData(b.Bytes())
	if err != nil {
		return []fault{{Place{name, 1}, "read OpenAPI: " + oneLine(err)}}
	}
	err = doc.Validate(context.Background(), validation()...)
	if err == nil {
		return nil
	}
	return locate(name, text, err)
}

func validation() []openapi3.ValidationOption {
	return []openapi3.ValidationOption{openapi3.EnableMultiError(), openapi3.DisableExamplesValidation(), openapi3.EnableSchemaPatternValidation()}
}

// locate reads the text once more with places recorded, which takes too long
// for a document that is fine.
func locate(name string, text []byte, first error) []fault {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true
	err := first
	if doc, e := loader.LoadFromData(text); e == nil {
		if e := doc.Validate(context.Background(), validation()...); e != nil {
			err = e
		}
	}
	var faults []fault
	for _, e := range flatten(err) {
		faults = append(faults, fault{Place{name, lineOf(e, text)}, "check OpenAPI: " + oneLine(e)})
	}
	return faults
}

func flatten(err error) []error {
	var all openapi3.MultiError
	if !errors.As(err, &all) {
		return []error{err}
	}
	var out []error
	for _, e := range all {
		out = append(out, e)
	}
	return out
}

// lineOf is the line of the innermost part that the error names, else of its
// path.
func lineOf(err error, text []byte) int {
	line := 0
	var path *openapi3.PathValidationError
	if errors.As(err, &path) {
		if before, _, ok := bytes.Cut(text, []byte(path.Path)); ok {
			line = bytes.Count(before, []byte("\n")) + 1
		}
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if o := originOf(err); o != nil && o.Key != nil {
			line = o.Key.Line
		}
	}
	return max(line, 1)
}

// originOf reads the Origin that most of kin-openapi's error types have, but
// that no interface gives.
func originOf(err error) *openapi3.Origin {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("Origin")
	if !field.IsValid() {
		return nil
	}
	o, _ := field.Interface().(*openapi3.Origin)
	return o
}

func oneLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
