package mutant

// holes are the mutants that no case catches yet, and why. A client can see
// what they do: each is a case that is missing. One that is caught must leave
// the list.
var holes = map[string]string{
	"parameter/UpdateDataCache/DataSource.Type/forgotten": "the update sends the type that the cache has already",
	"format/common/HostId/other":                          "that there is a HostId is checked, not whose it is",
	"state/UpdateDataCache/rest/Name":                     "every update names the cache",
	"state/CopyDataCache/Bucket/forgotten":                "the copy is sent the bucket that the original has already",
	"listing/ListTagResources/page/neverEnds":             "a list that does not end cannot be judged, and no case asks that it ends",
}
