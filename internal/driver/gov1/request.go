package gov1

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/eci"
)

// made makes the request and the response of an operation.
type made func() (requests.AcsRequest, responses.AcsResponse)

// types are the operations that services/eci has.
var types = map[string]made{
	"CreateImageCache": func() (requests.AcsRequest, responses.AcsResponse) {
		return eci.CreateCreateImageCacheRequest(), eci.CreateCreateImageCacheResponse()
	},
	"DeleteImageCache": func() (requests.AcsRequest, responses.AcsResponse) {
		return eci.CreateDeleteImageCacheRequest(), eci.CreateDeleteImageCacheResponse()
	},
	"DescribeImageCaches": func() (requests.AcsRequest, responses.AcsResponse) {
		return eci.CreateDescribeImageCachesRequest(), eci.CreateDescribeImageCachesResponse()
	},
	"DescribeRegions": func() (requests.AcsRequest, responses.AcsResponse) {
		return eci.CreateDescribeRegionsRequest(), eci.CreateDescribeRegionsResponse()
	},
}

// typedCall fills the operation's own types, and says whether they have all
// that the input has.
func typedCall(operation string, input map[string]any) (requests.AcsRequest, responses.AcsResponse, bool) {
	m, ok := types[operation]
	if !ok {
		return nil, nil, false
	}
	request, response := m()
	return request, response, fill(reflect.ValueOf(request).Elem(), input)
}

// fill sets the fields whose name tags the input has.
func fill(to reflect.Value, input map[string]any) bool {
	for name, value := range input {
		f := field(to, name)
		if !f.IsValid() || !set(f, value) {
			return false
		}
	}
	return true
}

func field(of reflect.Value, name string) reflect.Value {
	for i := range of.NumField() {
		if of.Type().Field(i).Tag.Get("name") == name {
			return of.Field(i)
		}
	}
	return reflect.Value{}
}

// set gives a field a value, and says whether it takes such values.
func set(f reflect.Value, value any) bool {
	switch f.Kind() {
	case reflect.String:
		f.SetString(fmt.Sprint(value))
		return scalar(value)
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
		return set(f.Elem(), value)
	case reflect.Slice:
		return setList(f, value)
	case reflect.Struct:
		in, ok := value.(map[string]any)
		return ok && fill(f, in)
	default:
		return false
	}
}

func scalar(value any) bool {
	switch value.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

func setList(f reflect.Value, value any) bool {
	list, ok := value.([]any)
	if !ok {
		return false
	}
	f.Set(reflect.MakeSlice(f.Type(), len(list), len(list)))
	for i, item := range list {
		if !set(f.Index(i), item) {
			return false
		}
	}
	return true
}

// commonCall is a request without types: its parameters are flattened by who
// calls.
func commonCall(operation string, input map[string]any) (requests.AcsRequest, responses.AcsResponse) {
	r := requests.NewCommonRequest()
	r.Product, r.Version, r.ApiName, r.Method, r.Scheme = product, version, operation, requests.POST, schemeHTTP
	flatten(r.QueryParams, "", input)
	r.TransToAcsRequest()
	return r, responses.NewCommonResponse()
}

func flatten(to map[string]string, name string, value any) {
	prefix := name + "."
	if name == "" {
		prefix = ""
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			flatten(to, prefix+key, v[key])
		}
	case []any:
		for i, item := range v {
			flatten(to, prefix+strconv.Itoa(i+1), item)
		}
	default:
		to[name] = fmt.Sprint(v)
	}
}

// setMethod changes the method of a request.
func setMethod(r requests.AcsRequest, method string) {
	if common, ok := r.(*requests.CommonRequest); ok {
		common.Method = method
		common.TransToAcsRequest()
		return
	}
	if f := reflect.ValueOf(r).Elem().FieldByName("Method"); f.CanSet() {
		f.SetString(method)
	}
}
