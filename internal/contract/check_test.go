package contract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

func TestFieldCheck(t *testing.T) {
	t.Parallel()
	clause := map[string]*Clause{"nonEmpty": {}}
	int32s := Field{Type: Integer, Format: "int32", Minimum: ptr[int64](20), Maximum: ptr[int64](32768)}
	number := Field{Type: Number, Minimum: ptr[int64](0)}
	long := Field{Type: Integer, Format: "int64"}
	boolean := Field{Type: Boolean}
	token := Field{Type: String, MaxLength: ptr(4), MinLength: ptr(2), Pattern: `^[\x00-\x7F]*$`}
	enum := Field{Type: String, Enum: []string{"URL", "NAS"}}
	text := Field{Type: String, Clauses: clause}
	commas := Field{Type: String, Encoding: "comma", MaxItems: ptr(2), MinItems: ptr(1)}
	list := Field{Type: Array, Encoding: "comma", MaxItems: ptr(2), Items: &Field{Type: Integer}}
	tests := []struct {
		name, value string
		field       Field
		want        string
	}{
		{"fits", "20", int32s, ""},
		{"below", "19", int32s, "minimum"},
		{"above", "32769", int32s, "maximum"},
		{"negative", "-1", int32s, "minimum"},
		{"letters", "abc", int32s, "type"},
		{"fraction", "1.0", int32s, "type"},
		{"exponent", "1e3", int32s, "type"},
		{"plus", "+25", int32s, "type"},
		{"hex", "0x20", int32s, "type"},
		{"underscore", "3_0", int32s, "type"},
		{"leading zero", "025", int32s, "type"},
		{"space", " 25", int32s, "type"},
		{"full width", "\uff12\uff15", int32s, "type"},
		{"empty number", "", int32s, "type"},
		{"over 32 bits", "2147483648", int32s, "format"},
		{"over 64 bits", "9223372036854775808", int32s, "format"},
		{"64 bits", "9223372036854775807", long, ""},
		{"over 64 bits of a long", "9223372036854775808", long, "format"},
		{"over 64 bits without a format", "9223372036854775808", Field{Type: Integer}, "type"},
		{"empty allowed", "", Field{Type: Integer, AllowEmpty: true}, ""},
		{"number", "1.5", number, ""},
		{"number below", "-0.5", number, "minimum"},
		{"not a number", "NaN", number, "type"},
		{"true", "true", boolean, ""},
		{"upper case", "TRUE", boolean, "type"},
		{"yes", "yes", boolean, "type"},
		{"one", "1", boolean, "type"},
		{"characters not bytes", "ééé", Field{Type: String, MaxLength: ptr(3)}, ""},
		{"too long", "abcde", token, "maxLength"},
		{"too short", "a", token, "minLength"},
		{"not ASCII", "äbc", token, "pattern"},
		{"in the enum", "NAS", enum, ""},
		{"case of the enum", "nas", enum, "enum"},
		{"empty enum", "", enum, "enum"},
		{"empty text", "", text, "nonEmpty"},
		{"broken UTF-8", "a\xff", text, "type"},
		{"two by commas", "a,b", commas, ""},
		{"three by commas", "a,b,c", commas, "maxItems"},
		{"packed list", "1,2", list, ""},
		{"packed list too long", "1,2,3", list, "maxItems"},
		{"packed list of letters", "1,x", list, "type"},
		{"plain list", "x", Field{Type: Array, Items: &Field{Type: Integer}}, ""},
		{"map", "x", Field{Type: Map}, ""},
		{"time", "2025-01-02T03:04:05Z", Field{Type: String, Format: "date-time"}, ""},
		{"no time", "2025-01-02", Field{Type: String, Format: "date-time"}, "format"},
		{"uuid", "0E234675-3465-4CC3-9D0F-9A864BC391DD", Field{Type: String, Format: "uuid"}, ""},
		{"no uuid", "0E234675", Field{Type: String, Format: "uuid"}, "format"},
		{"broken pattern of a clone", "a", Field{Type: String, Pattern: "("}, "pattern"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.field.Check(tt.value)); diff != "" {
				t.Errorf("Check(%q) mismatch (-want +got):\n%s", tt.value, diff)
			}
		})
	}
}

func TestErrorMatch(t *testing.T) {
	t.Parallel()
	row := &Error{
		Code: "Missing%s", Status: 400, Message: "%s is mandatory for this action.",
		Wordings: []Wording{
			{Code: "MissingParameter", Status: 400, Message: `The parameter "%s" is not supplied.`},
			{Code: "MissingParameter", Status: 403, Message: "gone"},
		},
	}
	tests := []struct {
		name          string
		status        int
		code, message string
		want          Match
		matches       bool
	}{
		{"the row", 400, "MissingAction", "Action is mandatory for this action.", Match{Status: true, Code: true, Message: true}, true},
		{"other message", 400, "MissingAction", "no", Match{Status: true, Code: true}, false},
		{"empty slot", 400, "Missing", " is mandatory for this action.", Match{Status: true, Code: true, Message: true}, true},
		{"a wording", 400, "MissingParameter", `The parameter "X" is not supplied.`,
			Match{Status: true, Code: true, Message: true, Wording: &row.Wordings[0]}, true},
		{"a wording's status", 403, "MissingParameter", "gone",
			Match{Status: true, Code: true, Message: true, Wording: &row.Wordings[1]}, true},
		{"wrong status", 404, "MissingAction", "Action is mandatory for this action.", Match{Code: true, Message: true}, true},
		{"nothing", 500, "InternalError", "no", Match{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, row.Match(tt.status, tt.code, tt.message)); diff != "" {
				t.Errorf("Match() mismatch (-want +got):\n%s", diff)
			}
			if got := row.Matches(tt.code, tt.message); got != tt.matches {
				t.Errorf("Matches() = %v, want %v", got, tt.matches)
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		template, text string
		want           bool
	}{
		{"plain", "plain", true},
		{"plain", "plain.", false},
		{"%s", "", true},
		{"%s", "anything at all", true},
		{"%s quota exceeded.", "ImageCache quota exceeded.", true},
		{"%s quota exceeded.", "ImageCache quota exceeded", false},
		{"a%sb%sc", "a1b2c", true},
		{"a%sb%sc", "abc", true},
		{"a%sb%sc", "ac", false},
		{"ab%sb", "ab", false},
		{"100% of %s", "100% of it", true},
	}
	for _, tt := range tests {
		if got := fits(tt.template, tt.text); got != tt.want {
			t.Errorf("fits(%q, %q) = %v, want %v", tt.template, tt.text, got, tt.want)
		}
	}
}

func TestErrorFill(t *testing.T) {
	t.Parallel()
	row := &Error{Code: "Missing%s", Message: "%s is mandatory for %s."}
	code, message := row.Fill("Action")
	if got, want := code+": "+message, "MissingAction: Action is mandatory for ."; got != want {
		t.Errorf("Fill() = %q, want %q", got, want)
	}
	if !row.Matches(code, message) {
		t.Errorf("Matches(%q, %q) = false, want true for what Fill gave", code, message)
	}
	if _, message = row.Fill(strings.Repeat("x", 3), "y", "z"); message != "xxx is mandatory for y." {
		t.Errorf("Fill() = %q", message)
	}
}
