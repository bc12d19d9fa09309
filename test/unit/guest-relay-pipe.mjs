// Joins a descriptor with a unix socket, byte for byte, and ends when either does.
import { connect, Socket } from 'node:net';

const channel = new Socket({ fd: Number(process.argv[3]) });
const outside = connect(process.argv[2] ?? '');
channel.pipe(outside);
outside.pipe(channel);
for (const socket of [channel, outside]) {
  socket.on('error', () => process.exit(9));
  socket.on('close', () => process.exit(0));
}
