-- For wrk: sends the requests of the file named by BENCH_REQUESTS, one after another, and counts what comes back.
-- Each stands after its length in ten digits; they are complete, signature and all, so that wrk does nothing but send.

local requests, position = {}, 0

function init()
   local file = assert(io.open(os.getenv("BENCH_REQUESTS"), "rb"))
   while true do
      local length = file:read(10)
      if not length then break end
      requests[#requests + 1] = file:read(tonumber(length))
   end
   file:close()
end

function request()
   position = position % #requests + 1
   return requests[position]
end

function done(summary)
   local errors = summary.errors
   io.write(string.format(
      "BENCH requests=%d refused=%d socket=%d microseconds=%d\n",
      summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout, summary.duration))
end
