package control

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"wsexchange/mock/fault"
)

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

type document = map[string]any

// WriteDescription prints the OpenAPI description from the rows.
func WriteDescription(w io.Writer) error {
	paths := make(document)
	for _, r := range routes() {
		item, ok := paths[prefix+r.path].(document)
		if !ok {
			item = make(document)
			paths[prefix+r.path] = item
		}
		item[strings.ToLower(r.method)] = r.operation()
	}
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	err := encoder.Encode(document{
		"openapi": "3.0.3",
		"info": document{
			"title": "Control of the emulator", "version": "1",
			"description": "For those who test with it. Not part of what is emulated.",
		},
		"security":   []any{document{"token": []string{}}},
		"components": document{"securitySchemes": document{"token": document{"type": "http", "scheme": "bearer"}}},
		"paths":      paths,
	})
	if err != nil {
		return fmt.Errorf("description of the control API: %w", err)
	}
	return encoder.Close()
}

func (r route) operation() document {
	operation := document{"operationId": r.name, "summary": r.summary}
	var parameters []any
	for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		parameters = append(parameters, document{"name": m[1], "in": "path", "required": true, "schema": document{"type": "string"}})
	}
	none := reflect.TypeFor[Nothing]()
	switch {
	case r.takes != "":
		operation["requestBody"] = content(r.takes, document{"type": "string"})
	case r.in != none && (r.method == "GET" || r.method == "DELETE"):
		for i := range r.in.NumField() {
			f := r.in.Field(i)
			parameters = append(parameters, document{"name": jsonName(f), "in": "query", "schema": schema(f.Type)})
		}
	case r.in != none:
		operation["requestBody"] = content("application/json", schema(r.in))
	}
	if parameters != nil {
		operation["parameters"] = parameters
	}
	status, response := "200", document{"description": "Done."}
	switch {
	case r.gives != "":
		response = content(r.gives, document{"type": "string"})
	case r.out == none:
		status = "204"
	default:
		response = content("application/json", schema(r.out))
	}
	response["description"] = "Done."
	refused := content("application/json", schema(reflect.TypeFor[Failure]()))
	refused["description"] = "Refused; 401 without the token, 404 for what is not there."
	operation["responses"] = document{status: response, "default": refused}
	return operation
}

func content(media string, s document) document {
	return document{"content": document{media: document{"schema": s}}}
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// schema describes a type as it is in JSON.
func schema(t reflect.Type) document {
	switch t {
	case reflect.TypeFor[time.Time]():
		return document{"type": "string", "format": "date-time"}
	case reflect.TypeFor[fault.Duration]():
		return document{"type": "string", "example": "250ms"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schema(t.Elem())
	case reflect.Slice:
		return document{"type": "array", "items": schema(t.Elem())}
	case reflect.Bool:
		return document{"type": "boolean"}
	case reflect.Float64:
		return document{"type": "number"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return document{"type": "integer", "format": "int64"}
	case reflect.Struct:
		properties := make(document)
		addProperties(properties, t)
		return document{"type": "object", "properties": properties}
	}
	return document{"type": "string"}
}

func addProperties(properties document, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			addProperties(properties, f.Type)
			continue
		}
		properties[jsonName(f)] = schema(f.Type)
	}
}
