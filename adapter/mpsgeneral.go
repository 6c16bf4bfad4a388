package adapter

// mpsGeneral has the one operation of MPSGeneral.asmx, which calls any
// procedure.
var mpsGeneral = table{service: "MPSGeneral", rows: []row{
	{name: "SubmitMpsRequest", parameters: []parameter{
		{name: "mpsNamespace", kind: kindNamespace, aliases: []string{"namespace"}},
		{name: "procedure", kind: kindProcedure, aliases: []string{"mpsProcedure", "procedureName"}},
		{name: "dataXmlBlob", kind: kindBlob, root: "data", aliases: []string{"xmlBlob", "data"}},
		credentials,
	}},
}}
