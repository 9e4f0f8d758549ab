-- Prosody ends with the process that started it, even if that was killed: then its end of our standard input closes.

module:set_global();

local server = require "net.server";

server.watchfd(0, function(input)
	input:close();
	prosody.shutdown("the box is gone");
end);
