// Memory of frames that were sent, for those to come: memory that was just used is in the caches,
// and large pieces are not given back to the kernel and faulted in again for each frame.
//
// Frames are made by the thread of the exchange and let go by whichever thread of gRPC has sent
// them.
#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace weir {

class BufferPool {
 public:
  // Empty; often with room.
  std::string take();
  void give(std::string buffer);

 private:
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::string> buffers_;
};

}  // namespace weir
