package contract

import (
	"maps"
	"reflect"
	"regexp"
)

// Clone returns a deep copy whose exported fields may be edited without
// touching the original; pointers that were shared, such as a clause and its
// row's, are shared in the copy too. Field.Check, Shape, BodyShape and, until
// it is first called, ValidateBody follow the edits. Reindex must be called
// after a name was changed or something was added.
func (c *Contract) Clone() *Contract {
	copied := copier{}.copy(reflect.ValueOf(c)).Interface().(*Contract)
	for i, o := range copied.Operations {
		if old := c.Operations[i].answer; old != nil {
			o.answer = &validator{root: o.Response, example: old.example}
		}
	}
	if old := c.Envelope.failure; old != nil {
		copied.Envelope.failure = &validator{root: copied.Envelope.Error, example: old.example}
	}
	copied.Reindex()
	return copied
}

// Reindex makes the accessors by name follow an edit.
func (c *Contract) Reindex() { c.index() }

// copier copies values deeply, each pointer once.
type copier map[any]reflect.Value

var regexpType = reflect.TypeFor[*regexp.Regexp]()

func (c copier) copy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		return c.pointer(v)
	case reflect.Slice:
		return c.slice(v)
	case reflect.Map:
		return c.mapping(v)
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		c.members(out, v)
		return out
	default:
		return v
	}
}

func (c copier) pointer(v reflect.Value) reflect.Value {
	if v.IsNil() || v.Type() == regexpType {
		return v
	}
	key := v.Interface()
	if done, ok := c[key]; ok {
		return done
	}
	out := reflect.New(v.Type().Elem())
	c[key] = out
	out.Elem().Set(v.Elem())
	if v.Elem().Kind() == reflect.Struct {
		c.members(out.Elem(), v.Elem())
	}
	return out
}

// members replaces the exported members by copies; the others, which are
// immutable, stay shared.
func (c copier) members(out, v reflect.Value) {
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			out.Field(i).Set(c.copy(v.Field(i)))
		}
	}
}

func (c copier) slice(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		out.Index(i).Set(c.copy(v.Index(i)))
	}
	return out
}

func (c copier) mapping(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	for key, value := range maps.Collect(v.Seq2()) {
		out.SetMapIndex(key, c.copy(value))
	}
	return out
}
