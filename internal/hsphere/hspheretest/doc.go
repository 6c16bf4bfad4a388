// Package hspheretest makes databases of H-Sphere for tests: the tables of hosted
// Exchange, with content in which each way occurs in which panel and directory
// come apart.
//
//	content := hspheretest.Generate(hspheretest.Size{Resellers: 3, Organizations: 50, Users: 500})
//	content.Load(t, url)      // into PostgreSQL
//	content.Write(t, folder)  // as CSV files
package hspheretest
