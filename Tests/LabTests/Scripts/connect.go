// Connects to ADDRESS without keep-alives (off), or with those of Go (default), and waits: connect ADDRESS off|default
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	dialer := net.Dialer{}
	if os.Args[2] == "off" {
		dialer.KeepAlive = -1
	}
	connection, err := dialer.Dial("tcp", os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	connection.Read(make([]byte, 1))
}
