// Runs an ONNX file in ONNX Runtime on Fashion-MNIST's test images and prints the number of correct answers. Knows nothing of Coppice:
// the input is [N, 1, 28, 28], (pixel / 255 - 0.2860) / 0.3530, the output [N, 10].
// usage: node evaluate.js MODEL.onnx FOLDER-OF-IDX-FILES
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const ort = require('onnxruntime-node');

const PIXELS = 28 * 28;
const BATCH = 500;

function readIdx(folder, name, headerBytes) {
  return zlib.gunzipSync(fs.readFileSync(path.join(folder, name))).subarray(headerBytes);
}

async function main([modelPath, folder]) {
  const images = readIdx(folder, 't10k-images-idx3-ubyte.gz', 16);
  const labels = readIdx(folder, 't10k-labels-idx1-ubyte.gz', 8);
  const session = await ort.InferenceSession.create(modelPath);
  let correct = 0;
  for (let start = 0; start < labels.length; start += BATCH) {
    const input = Float32Array.from(images.subarray(start * PIXELS, (start + BATCH) * PIXELS), (pixel) => (pixel / 255 - 0.2860) / 0.3530);
    const outputs = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', input, [BATCH, 1, 28, 28]) });
    const logits = outputs[session.outputNames[0]].data;
    for (let i = 0; i < BATCH; i++) {
      const row = logits.subarray(i * 10, (i + 1) * 10);
      correct += row.indexOf(Math.max(...row)) === labels[start + i] ? 1 : 0;
    }
  }
  console.log(JSON.stringify({ images: labels.length, correct }));
}

main(process.argv.slice(2));
