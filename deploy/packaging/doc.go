// Command packaging makes the packages of a release for Debian and RPM systems
// out of a staged folder. It is a module of its own, as the library that writes
// packages brings forty more.
//
//	packaging -version v1.2.3 -arch amd64 -stage FOLDER -out dist
//
// packages.yaml names what is in a package, and where it is installed; the
// folder scripts has what runs at the installation and the removal. Manual
// pages are made of the programs' own --help.
package main
