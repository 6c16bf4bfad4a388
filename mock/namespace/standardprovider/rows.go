package standardprovider

import "wsexchange/mock/engine"

func need(names ...string) []engine.Argument { return arguments(true, names) }

func may(names ...string) []engine.Argument { return arguments(false, names) }

// arguments are trees: texts and what is in them are for a provider that is not
// here.
func arguments(required bool, names []string) []engine.Argument {
	all := make([]engine.Argument, 0, len(names))
	for _, name := range names {
		all = append(all, engine.Argument{Name: name, Type: engine.Tree, Required: required})
	}
	return all
}

func also(first []engine.Argument, more ...engine.Argument) []engine.Argument {
	return append(first, more...)
}

// info is what a request to a web server brings; one page spells it with a
// capital letter.
var info = engine.Argument{Name: "requestInfo", Type: engine.Tree, Required: true, Aliases: []string{"RequestInfo"}}

// providers are the namespaces, in the order of the reference's list.
var providers = []provider{
	{
		name: "Command Line Provider", reaches: "commands of the operating system",
		description: "Starts processes.",
		procedures: []procedure{
			{name: "ExecuteCommand", arguments: also(need("command"), may("undoCmd")...), needs: []string{"command/cmdName", "undoCmd/cmdName"}},
		},
	},
	{
		name: "File System Provider", reaches: "files, directories and shares",
		description: "Creates, copies, moves and deletes files, directories and shares.",
		procedures: []procedure{
			{name: "CreateDirectory", arguments: also(need("dirName"), may("sourcePath")...), inferred: true},
			{name: "CopyDirectory", arguments: also(need("dirName"), may("sourcePath", "destPath")...), inferred: true},
			{name: "MoveDirectory", arguments: also(need("dirName"), may("sourcePath", "destPath")...), inferred: true},
			{name: "RenameDirectory", arguments: also(need("dirName"), may("sourcePath", "newName")...), inferred: true},
			{name: "ListDirectory", arguments: also(need("dirName"), may("sourcePath")...), inferred: true, reads: true},
			{name: "DeleteDirectory", arguments: need("dirName", "sourcePath"), needs: []string{"sourcePath/@path"}},
			{name: "CopyFile", arguments: also(need("fileName"), may("sourcePath", "destPath")...), inferred: true},
			{name: "MoveFile", arguments: also(need("fileName"), may("sourcePath", "destPath")...), inferred: true},
			{name: "RenameFile", arguments: also(need("fileName"), may("sourcePath", "newName")...), inferred: true},
			{name: "DeleteFile", arguments: need("fileName", "sourcePath"), needs: []string{"sourcePath/@path"}},
			{name: "GetFileAttributes", arguments: also(need("fileName"), may("sourcePath")...), inferred: true, reads: true},
			{name: "CreateShare", arguments: need("shareName", "sourcePath"), needs: []string{"sourcePath/@path", "sourcePath/@machine"}},
			{name: "DeleteShare", arguments: need("shareName", "sourcePath"), needs: []string{"sourcePath/@machine"}},
			{name: "GetShareProperties", arguments: also(need("shareName"), may("sourcePath")...), inferred: true, reads: true},
			{name: "SetShareProperties", arguments: also(need("shareName"), may("sourcePath", "properties")...), inferred: true},
		},
	},
	{
		name: "HTTP and SOAP Provider", source: "Provisioning.SOAPProvider.1", reaches: "requests to web servers",
		description: "Sends HTTP and SOAP requests.",
		procedures: []procedure{
			{name: "SoapRequest", arguments: append([]engine.Argument{info}, may("rollbackInfo")...)},
			{name: "SoapRequestWithNoRollback", arguments: []engine.Argument{info}, reads: true},
			{name: "HttpRequest", arguments: append([]engine.Argument{info}, may("rollbackInfo")...)},
			{name: "HttpRequestWithNoRollback", arguments: []engine.Argument{info}, reads: true, inferred: true},
			{name: "WSDLRequest", arguments: append([]engine.Argument{info}, may("rollbackInfo")...)},
			{name: "WSDLRequestWithNoRollback", arguments: []engine.Argument{info}, reads: true},
		},
	},
	{
		name: "Registry Provider", source: "Provisioning.RegistryProvider.1", reaches: "keys of a registry",
		description: "Reads and writes keys and values of the registries of machines.",
		procedures: []procedure{
			{name: "CreateRegKey", arguments: may("machine", "rootKey", "subKey"), inferred: true},
			{name: "DeleteRegKey", arguments: may("machine", "rootKey", "subKey"), inferred: true},
			{name: "SetRegValue", arguments: may("machine", "rootKey", "subKey", "item", "value", "type"), inferred: true},
			{name: "GetRegValue", arguments: may("machine", "rootKey", "subKey", "item"), inferred: true, reads: true},
			{name: "DeleteRegValue", arguments: may("machine", "rootKey", "subKey", "item"), inferred: true},
			{name: "EnumRegKey", arguments: may("machine", "rootKey", "subKey"), inferred: true, reads: true},
			{name: "EnumRegValue", arguments: may("machine", "rootKey", "subKey"), inferred: true, reads: true},
			{name: "CreateRegKeyWithSecurity", arguments: may("machine", "rootKey", "subKey", "dacl", "sacl"), inferred: true},
			{name: "SetRegKeySecurity", arguments: may("machine", "rootKey", "subKey", "dacl", "sacl"), inferred: true},
			{name: "GetRegKeySecurity", arguments: may("machine", "rootKey", "subKey"), inferred: true, reads: true},
		},
	},
	{
		name: "Scripting Provider", source: "Provisioning.ScriptProvider.1", reaches: "scripts",
		description: "Runs scripts that a request brings.",
		procedures: []procedure{
			{name: "ExecuteScript", arguments: need("providerScript"), needs: []string{"providerScript/@language"}},
			{
				name: "ExecuteScriptWithRollback", arguments: need("providerScript", "rollbackScript"),
				needs: []string{"providerScript/@language", "rollbackScript/@language"},
			},
		},
	},
	{
		name: "SQL Provider", source: "Provisioning.SQLProvider.1", reaches: "statements to database servers",
		description: "Runs SQL on the server that a request names.",
		procedures:  []procedure{{name: "ExecSQL", arguments: also(need("connect", "command"), may("timeout", "param")...)}},
	},
	{
		name: "Custom Audit", reaches: "statements to the audit database's server",
		description: "Queues SQL for the database of the audit log.",
		procedures:  []procedure{{name: "Audit", arguments: may("command"), inferred: true}},
	},
	{
		name: "CoreRMO", source: "CoreRMO.CoreRMOObj.1", lacks: "database of resources; those of Exchange are in Exchange Resource Manager",
		description: "Types, instances, groups and candidate sets of resources and consumers.",
		procedures: []procedure{
			{name: "Add Resource Type", arguments: may("resourceType"), inferred: true},
			{name: "Add Consumer Type", arguments: may("consumerType"), inferred: true},
			{name: "Add Resource Instance", arguments: may("resourceInstance", "candidates"), inferred: true},
			{name: "Add Consumer Instance", arguments: may("consumerInstance", "candidates"), inferred: true},
			{name: "Add Resource Group", arguments: may("resourceGroup", "candidates"), inferred: true},
			{name: "Add Consumer Group", arguments: may("consumerGroup", "candidates"), inferred: true},
			{
				name: "Add Resource To Candidates", spellings: []string{"Add Resource to Candidates"}, arguments: need("candidates", "resourceInstance"),
				needs: []string{"candidates/targetSet", "resourceInstance/typeName", "resourceInstance/instanceName"},
			},
			{
				name: "Add Consumer To Candidates", spellings: []string{"Add Consumer to Candidates"}, arguments: need("candidates", "consumerInstance"),
				needs: []string{"candidates/targetSet", "consumerInstance/typeName", "consumerInstance/instanceName"},
			},
			{name: "Add Resource Group To Candidates", arguments: may("candidates", "resourceGroup"), inferred: true},
			{name: "Add Consumer Group To Candidates", arguments: may("candidates", "consumerGroup"), inferred: true},
			{name: "Add Candidates To Candidates", arguments: may("candidates"), inferred: true},
			{name: "Construct Mapping", arguments: may("mapping"), inferred: true},
		},
	},
	{
		name: "BlockModelRMO", source: "BlockModelRMO.BlockModelRMO", lacks: "capacity of resources of any type; those of Exchange are in Exchange Resource Manager",
		description: "Capacities of resources in blocks, and what consumers have of them.",
		procedures: []procedure{
			{name: "Add Resource Type Data", arguments: may("resourceType"), inferred: true},
			{name: "Add Resource Capacity Data", arguments: may("candidates", "capacity"), inferred: true},
			{name: "Allocate", arguments: may("allocation"), inferred: true},
			{
				name: "Move Allocation", arguments: need("allocation"),
				needs: []string{"allocation/resourceSourceSet", "allocation/consumerTargetSet", "allocation/resourceDestinationSet"},
			},
			{name: "Delete Allocation", arguments: need("allocation"), needs: []string{"allocation/resourceTargetSet", "allocation/consumerTargetSet"}},
			{
				name: "Query Resource Allocations", arguments: also(need("resourceInstance"), may("candidates")...), reads: true,
				needs: []string{"resourceInstance/instanceName", "resourceInstance/typeName", "resourceInstance/instanceLocation"},
			},
			{name: "Query Consumer Allocations", arguments: also(need("consumerInstance"), may("candidates")...), reads: true, inferred: true},
			{name: "Query Resource Capacity Data", arguments: may("resourceInstance"), reads: true, inferred: true},
			{name: "Query Resource Type Data", arguments: may("resourceType"), reads: true, inferred: true},
			{name: "Rank By Capacity", arguments: may("candidates"), inferred: true},
			{name: "Select By Capacity", arguments: may("candidates"), inferred: true},
		},
	},
}
