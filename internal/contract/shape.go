package contract

import "github.com/eci-conform/conform/internal/wire"

// Shape is the operation's parameters as the wire's codec needs them: a Struct
// with one member for each.
func (o *Operation) Shape() *wire.Shape {
	s := &wire.Shape{Kind: wire.Struct}
	for _, p := range o.Parameters {
		s.Members = append(s.Members, wire.Member{Name: p.Name, Shape: p.shape()})
	}
	return s
}

func (f *Field) shape() *wire.Shape {
	s := &wire.Shape{
		Kind: kinds[f.Type], Lexical: f.lexical(), JSON: f.Encoding == "json" && !isScalar(f.Type), Comma: f.Encoding == "comma",
	}
	if f.Items != nil {
		s.Items = f.Items.shape()
	}
	// What a map's keys are is the caller's business: its members are
	// documentation.
	if f.Type == Object {
		for _, m := range f.Members {
			s.Members = append(s.Members, wire.Member{Name: m.Name, Shape: m.shape()})
		}
	}
	return s
}

// BodyShape is the field as the wire's XML reader needs it.
func (f *Field) BodyShape() *wire.BodyShape {
	s := &wire.BodyShape{Kind: kinds[f.Type], Lexical: f.lexical()}
	if f.Items != nil {
		s.Items = f.Items.BodyShape()
	}
	if f.Type == Object {
		for _, m := range f.Members {
			s.Members = append(s.Members, wire.BodyMember{Name: m.Name, Shape: m.BodyShape()})
		}
	}
	return s
}

var kinds = map[Type]wire.Kind{Array: wire.List, Object: wire.Struct, Map: wire.Mapped}

func (f *Field) lexical() wire.Lexical {
	switch {
	case f.Type == Integer && f.Format == "int32":
		return wire.Int32
	case f.Type == Integer:
		return wire.Int64
	case f.Type == Number:
		return wire.Float
	case f.Type == Boolean:
		return wire.Bool
	default:
		return wire.Text
	}
}
