// Package resources is the Resource Manager Web Client: what stores and servers
// there are, how full they are, which organizations have a share, and forms that
// register, change and remove them by the resource manager's procedures, in the
// visitor's name.
//
// The guide has the address, the box Preferred Domain Controller with Submit, the
// entry Exchange Resource Manager, the tabs Business Mailstores, Public Stores and
// OAB Servers, Add New Resource, and the rule that shared is always 1 (F603).
package resources
