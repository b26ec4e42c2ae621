// Package buffers fits gRPC's buffer pool to messages of text. By default any
// message above 32 KiB takes a buffer of 1 MiB, all of which is cleared; batches of
// paragraphs and their answers are in between.
package buffers

import (
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/mem"
)

// Use makes all of the process use the pool. It must be called from an init
// function.
func Use() {
	pool, err := mem.NewBinaryTieredBufferPool(8, 12, 14, 15, 16, 17, 18, 19, 20)
	if err == nil { // as it is for these sizes
		experimental.SetDefaultBufferPool(pool)
	}
}
