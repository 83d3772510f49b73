package contract

// The closed lists of the document's words. A word that stands in a list has
// code that obeys it; the loader refuses all others, so that nothing in the
// contract is a wish.

// ParameterKeywords are what a parameter can promise, in the order in which
// its clauses are numbered. Each is checked by Field.Check or by the codec,
// and has cases in the parameter family.
var ParameterKeywords = []string{
	"type", "format", "required", "nonEmpty", "enum", "minimum", "maximum",
	"minLength", "maxLength", "pattern", "minItems", "maxItems", "default",
}

// ResponseKeywords are what a member of an answer can promise. Each is checked
// by ValidateBody; a pattern counts as format.
var ResponseKeywords = []string{
	"type", "required", "enum", "format", "minimum", "maximum",
	"minLength", "maxLength", "minItems", "maxItems",
}

// ProtocolKeywords are the promises of the protocol.
var ProtocolKeywords = []string{
	"format.json", "format.xml", "format.default", "format.case", "format.unknown", "format.acs3", "format.sameTree",
	"method.get", "method.post", "method.equivalence", "method.unknown",
	"action.unknown", "version.unknown", "unknown.ignored",
	"signature.v1", "signature.acs3", "signature.encoding",
	"nonce.once", "timestamp.window", "secrets.echo", "parameters.caseSensitive",
}

// EnvelopeKeywords are the promises about what surrounds every answer.
var EnvelopeKeywords = []string{
	"requestId.present", "requestId.format", "requestId.unique", "requestId.header",
	"contentType.json", "contentType.xml", "xml.root", "json.strict",
	"error.status", "error.hostId", "error.format", "success.noError",
}

// IdempotencyKeywords are the promises about tokens besides replay and mismatch.
var IdempotencyKeywords = []string{
	"changed", "fresh", "absent", "caseSensitive", "lost", "together", "refused", "deleted",
	"scope.account", "scope.region", "scope.operation",
}

// ListingKeywords are the promises that all listings share.
var ListingKeywords = []string{
	"scope", "filter.all", "page.size", "page.union", "page.change", "page.last",
	"token.altered", "token.foreign", "token.reused", "total",
}

// ClientKeywords are the promises that hold for clients. Each is judged by
// conform sdk.
var ClientKeywords = []string{
	"call.ends", "parameters.sent", "parameters.absent", "parameters.empty", "parameters.emptyList",
	"signature.right", "signature.nonce", "signature.time", "signature.token", "request.method", "request.format",
	"response.values", "response.absent", "response.null", "response.unknown", "response.unreadable",
	"error.raised", "error.inSuccess", "error.code", "error.message", "error.status", "error.requestId",
	"retry.same", "retry.nonce", "retry.time", "retry.refused", "retry.once", "retry.untokened", "retry.asked", "retry.count", "retry.after",
	"timeout.kept", "timeout.patience", "connection.reuse", "connection.stale",
}

// ConsistencyKeywords are the promises about requests on one resource that come
// at the same time or one after another. Each has cases in the concurrency
// family.
var ConsistencyKeywords = []string{
	"created", "unique", "written", "settled", "deleted", "gone", "tagged", "linear",
}

// GatewayStages are the checks that a request passes, by name.
var GatewayStages = []string{
	"action", "version", "common", "accessKey", "securityToken", "timestamp",
	"signature", "nonce", "method", "parameters", "throttling", "ram", "product",
}

// ViolationKinds are the ways in which a parameter can be bad.
var ViolationKinds = []string{
	"missing", "empty", "type", "enum", "minimum", "maximum", "minLength", "maxLength",
	"pattern", "maxItems", "index", "duplicate", "rule", "unknownRegion", "notFound", "badToken",
}

// RuleKinds are the promises between parameters.
var RuleKinds = []string{
	"atMostOne", "atLeastOne", "requires", "notValue", "ignoredWith", "ignoredWithout", "notPrefix", "notContains",
}

// EffectKind is what an operation does.
type EffectKind string

// The kinds of effects.
const (
	Creates      EffectKind = "create"
	Reads        EffectKind = "read"
	Updates      EffectKind = "update"
	Deletes      EffectKind = "delete"
	Copies       EffectKind = "copy"
	Tags         EffectKind = "tag"
	Untags       EffectKind = "untag"
	ListsTags    EffectKind = "listTags"
	ListsRegions EffectKind = "regions"
	ShowsUsage   EffectKind = "usage"
)

// EffectKinds are what an operation can do.
var EffectKinds = []EffectKind{Creates, Reads, Updates, Deletes, Copies, Tags, Untags, ListsTags, ListsRegions, ShowsUsage}

func words(kinds []EffectKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// Makes says whether the effect is that there is one more resource.
func (k EffectKind) Makes() bool { return k == Creates || k == Copies }

// Writes says whether the effect is that a resource holds what the request says.
func (k EffectKind) Writes() bool { return k.Makes() || k == Updates }

// OfTags says whether the effect is about tags, of whatever kind of resource.
func (k EffectKind) OfTags() bool { return k == Tags || k == Untags || k == ListsTags }

// Looks says whether the effect is an answer and nothing else.
func (k EffectKind) Looks() bool {
	return k == Reads || k == ListsTags || k == ListsRegions || k == ShowsUsage
}

// TransitionEvents are what moves a resource besides operations.
var TransitionEvents = []string{"settle", "fail", "expire", "evict"}

var (
	conditionKinds = []string{"account", "world", "state", "request", "service"}
	// conditionClasses are the classes of Condition, in this order.
	conditionClasses = []string{ClassKey, ClassSignature, ClassThrottling, ClassPermission, ClassQuota, ClassBusy, ClassUnchanged, ClassTags}

	sourceKinds = []string{"page", "metadata", "sdk", "live", "inference"}
	classes     = []string{"enum", "number", "id", "name", "text", "secret", "time", "accessKey"}
	styles      = []string{"repeatList", "flat", "map"}
	encodings   = []string{"json", "comma"}
	echoForms   = []string{"same", "json"}
	tokenScopes = []string{"account", "region", "operation"}
	methods     = []string{"GET", "POST"}
	bodyFormats = []string{"JSON", "XML"}
	levels      = []string{"must", "should", "inferred"}
	schemaTypes = []string{"string", "integer", "number", "boolean", "object", "array"}
)

// formats are the formats that Field.Check and ValidateBody know, by type.
var formats = map[Type][]string{
	Integer: {"int32", "int64"},
	Number:  {"float", "double"},
	String:  {"date-time", "uuid"},
}

// The keys that stand on a schema, without and with a prefix.
var (
	schemaKeys = []string{
		"type", "format", "description", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern",
		"minItems", "maxItems", "items", "properties", "required", "additionalProperties", "default", "example", "title",
	}
	extensionKeys = []string{
		"x-acs-style", "x-acs-class", "x-acs-binding", "x-acs-clauses", "x-acs-level", "x-acs-source", "x-acs-note",
		"x-acs-allow-empty", "x-acs-encoding",
	}
	clauseKeys = []string{"value", "level", "source", "note", "lenient", "promise"}
)
