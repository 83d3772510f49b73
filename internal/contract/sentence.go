package contract

import (
	"fmt"
	"strings"
)

// faulty is what answers a kind of violation, as the beginning of a sentence.
var faulty = map[string]string{
	"missing":       "A required parameter that is missing",
	"empty":         "A required parameter that is empty",
	"type":          "A value that is not of its parameter's type",
	"enum":          "A value that is none of those allowed",
	"minimum":       "A number below its minimum",
	"maximum":       "A number above its maximum",
	"minLength":     "A text shorter than allowed",
	"maxLength":     "A text longer than allowed",
	"pattern":       "A text that does not match its pattern",
	"maxItems":      "A list longer than allowed",
	"index":         "A list whose indexes do not count from 1 without a gap",
	"duplicate":     "A parameter given twice",
	"rule":          "A breach of a rule between parameters",
	"unknownRegion": "A region that does not exist",
	"notFound":      "A thing that does not exist",
	"badToken":      "A NextToken that was not given out",
}

// events end the sentence about a transition that no operation makes.
var events = map[string]string{
	"settle": "by itself",
	"fail":   "when its work fails",
	"expire": "when its time is up",
	"evict":  "when its room is needed",
}

// transitionSentence says what an edge of a state machine promises.
func transitionSentence(resource string, t *Transition) string {
	what := withArticle(strings.TrimSpace(t.From + " " + resource))
	becomes := "becomes " + t.To
	if t.To == "" {
		becomes = "goes away"
	}
	switch event := events[t.On]; {
	case t.From == "":
		return fmt.Sprintf("What %s makes is %s at first.", t.On, t.To)
	case event != "":
		return fmt.Sprintf("%s %s %s.", what, becomes, event)
	default:
		return fmt.Sprintf("%s %s by %s.", what, becomes, t.On)
	}
}

// Articled is the name with its article: an image cache.
func Articled(name string) string {
	if strings.ContainsAny(name[:min(1, len(name))], "AEIOUaeiou") {
		return "an " + name
	}
	return "a " + name
}

// withArticle is the name with its article as a sentence begins.
func withArticle(name string) string { return "A" + Articled(name)[1:] }

// effectSentence says what an operation does to its resource.
func effectSentence(name string, e *Effect) string {
	switch e.Kind {
	case Creates:
		return fmt.Sprintf("%s makes one new %s and answers its id.", name, e.Resource)
	case Copies:
		return fmt.Sprintf("%s makes a copy of one %s and answers the copy's id.", name, e.Resource)
	case Reads:
		return fmt.Sprintf("%s lists what there is of %s and changes nothing.", name, e.Resource)
	case Updates:
		return fmt.Sprintf("%s changes one %s%s.", name, e.Resource, fromTo(e))
	case Deletes:
		return fmt.Sprintf("%s makes one %s go away%s.", name, e.Resource, fromTo(e))
	case Tags:
		return name + " puts tags on resources."
	case Untags:
		return name + " takes tags off resources."
	case ListsTags:
		return name + " lists the tags of resources and changes nothing."
	default:
		return fmt.Sprintf("%s lists %s and changes nothing.", name, e.Kind)
	}
}

func fromTo(e *Effect) string {
	text := ""
	if len(e.From) > 0 {
		text = " that is " + choice(e.From)
	}
	if e.To != "" {
		text += ", which is then " + e.To
	}
	return text
}
